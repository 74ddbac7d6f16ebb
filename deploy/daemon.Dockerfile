# miniredisd in any role, and mredis. Built from the repository's root: docs/deploy.md.
FROM debian:12-slim AS build
WORKDIR /source
COPY tools/dev/bootstrap.sh tools/dev/
RUN tools/dev/bootstrap.sh build
COPY CMakeLists.txt CMakePresets.json ./
COPY cmake cmake/
COPY include include/
COPY libminiredis libminiredis/
COPY service service/
COPY tools tools/
COPY examples examples/
RUN cmake --preset release -DMINIREDIS_BUILD_TESTS=OFF -DMINIREDIS_BUILD_BENCH=OFF \
 && ninja -C build miniredisd mredis \
 && strip build/bin/miniredisd build/bin/mredis

FROM debian:12-slim
# Libraries that the programs are linked with. Debian's stable release fixes their versions.
# hadolint ignore=DL3008
RUN apt-get update \
 && apt-get install -y --no-install-recommends \
      libedit2 libfmt9 liblua5.1-0 libmimalloc2.0 libpq5 libspdlog1.10 libsqlite3-0 libssl3 \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --uid 10001 --user-group --no-create-home --home-dir /nonexistent \
      --shell /usr/sbin/nologin miniredis \
 && install -d -o miniredis -g miniredis -m 0700 /var/lib/miniredis
COPY --from=build /source/build/bin/miniredisd /source/build/bin/mredis /usr/local/bin/
COPY --chmod=0755 deploy/healthcheck.sh /usr/local/bin/healthcheck
ENV MINIREDIS_BIND=0.0.0.0 \
    MINIREDIS_DATA_DIRECTORY=/var/lib/miniredis
USER 10001:10001
WORKDIR /var/lib/miniredis
ENTRYPOINT ["miniredisd"]
CMD ["--role", "all"]
