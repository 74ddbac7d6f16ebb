# The auth and the monitoring service: one image, whose command is the module to run. Built from the
# repository's root: docs/deploy.md.
FROM debian:12-slim AS build
WORKDIR /source
COPY tools/dev/bootstrap.sh tools/dev/
# hadolint ignore=DL3008
RUN tools/dev/bootstrap.sh build \
 && apt-get update \
 && apt-get install -y --no-install-recommends python3-venv
COPY CMakeLists.txt LICENSE README.md pyproject.toml ./
COPY cmake cmake/
COPY include include/
COPY libminiredis libminiredis/
COPY bindings bindings/
COPY tests/requirements.txt tests/
# The versions that were tested. A file of constraints takes no extras.
RUN sed 's/\[[a-z,]*\]==/==/' tests/requirements.txt >constraints.txt \
 && python3 -m venv /opt/miniredis \
 && /opt/miniredis/bin/pip install --no-cache-dir --constraint constraints.txt \
      --config-settings=cmake.define.MINIREDIS_BUILD_PROGRAMS=OFF '.[services]' \
 && /opt/miniredis/bin/pip uninstall --yes pip \
 && strip /opt/miniredis/lib/python3*/site-packages/miniredis/_core*.so

FROM debian:12-slim
# Python, and libraries that its extension is linked with. Debian's stable release fixes their versions.
# hadolint ignore=DL3008
RUN apt-get update \
 && apt-get install -y --no-install-recommends \
      liblua5.1-0 libmimalloc2.0 libpython3-stdlib libssl3 python3-minimal \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --uid 10001 --user-group --no-create-home --home-dir /nonexistent \
      --shell /usr/sbin/nologin miniredis
COPY --from=build /opt/miniredis /opt/miniredis
COPY --chmod=0755 deploy/healthcheck.sh /usr/local/bin/healthcheck
ENV PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
USER 10001:10001
WORKDIR /tmp
ENTRYPOINT ["/opt/miniredis/bin/python", "-m"]
CMD ["miniredis.auth"]
