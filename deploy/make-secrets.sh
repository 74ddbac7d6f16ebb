#!/usr/bin/env bash
# Makes the files with secrets that compose.yaml names: deploy/make-secrets.sh [FOLDER]. Those that are there
# already are left as they are. Nothing is printed but names.
#
# The folder is for its owner alone. The files in it can be read by anyone who gets that far, for they are
# mounted into containers whose users this machine does not know.
set -euo pipefail
folder=${1:-$(dirname "$0")/secrets}
umask 077
mkdir -p "$folder"
chmod 0700 "$folder"

random() { head -c 32 /dev/urandom | base64 | tr '+/' '-_' | tr -d '=\n'; }

keep() {
  local name=$1 text=$2
  if [ -e "$folder/$name" ]; then return; fi
  printf '%s\n' "$text" >"$folder/.$name"
  chmod 0444 "$folder/.$name"
  mv "$folder/.$name" "$folder/$name"
  printf 'made %s\n' "$folder/$name"
}

keep admin_token "mra_$(random)"
keep auth_secret "$(random)"
keep auth_admin_password "$(random)"
for database in main auth; do
  keep "${database}_database_password" "$(random)"
  password=$(<"$folder/${database}_database_password")
  keep "${database}_database_url" "postgresql://miniredis:$password@$database-database:5432/miniredis"
done
