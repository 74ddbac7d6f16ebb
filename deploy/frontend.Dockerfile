# The Studio's files, and nginx that serves them and passes the rest on to the gateway. Built from the
# repository's root: docs/deploy.md.
FROM node:22-bookworm-slim AS build
WORKDIR /source/service/studio
COPY service/studio/package.json service/studio/package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY service/studio ./
COPY service/api/schemas.json ../api/
RUN npm run build

FROM debian:12-slim
# Debian's stable release fixes the versions.
# hadolint ignore=DL3008
RUN apt-get update \
 && apt-get install -y --no-install-recommends nginx-light \
 && rm -rf /var/lib/apt/lists/* /etc/nginx/sites-enabled /etc/nginx/modules-enabled \
 && useradd --uid 10001 --user-group --no-create-home --home-dir /nonexistent \
      --shell /usr/sbin/nologin miniredis
COPY deploy/nginx/frontend.conf deploy/nginx/gateway.conf deploy/nginx/headers.conf /etc/miniredis/
COPY --from=build /source/service/studio/dist /srv/studio
COPY --chmod=0755 deploy/healthcheck.sh /usr/local/bin/healthcheck
USER 10001:10001
WORKDIR /tmp
STOPSIGNAL SIGQUIT
ENTRYPOINT ["nginx", "-e", "/dev/stderr", "-c"]
CMD ["/etc/miniredis/frontend.conf"]
