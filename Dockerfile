# Builds pikachu from source in one stage and keeps only what runs in the other.
FROM debian:bookworm-slim AS build
WORKDIR /src
COPY scripts/install-dependencies scripts/
RUN scripts/install-dependencies --build
COPY CMakeLists.txt ./
COPY cmake cmake
COPY src src
RUN cmake -S . -B /build -G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo -DPIKACHU_BUILD_TESTS=OFF \
    && cmake --build /build --target pikachu \
    && strip --strip-debug /build/src/pikachu

FROM debian:bookworm-slim
# What ldd says, and libcurl4, which is loaded when webhooks are sent.
RUN apt-get -qq update \
    && DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends \
       ca-certificates libcpp-httplib0.11 libcurl4 libdeflate0 libmariadb3 libprometheus-cpp-core1.0 \
       libspdlog1.10 libsqlite3-0 libyaml-cpp0.7 libzstd1 tzdata zlib1g >/dev/null \
    && rm -rf /var/lib/apt/lists/*
# The numbers are fixed, so that a bind-mounted state directory can be given to them: chown 10001:10001.
RUN groupadd --gid 10001 pikachu \
    && useradd --uid 10001 --gid pikachu --no-create-home --home-dir /app --shell /usr/sbin/nologin pikachu \
    && install -d -o pikachu -g pikachu /app /app/data /app/logs
COPY --from=build /build/src/pikachu /usr/local/bin/pikachu
# So that `./pikachu -config config.yaml` of older compose files still works.
RUN ln -s /usr/local/bin/pikachu /app/pikachu
USER pikachu
WORKDIR /app
# data: position, what waits, dead letters. Losing it means starting at the end of the binlog again.
# logs: stays empty; pikachu logs to standard error. Kept for compose files that mount it.
VOLUME ["/app/data", "/app/logs"]
EXPOSE 8080
# Needs `server.enabled: true` and the default port and path; override it where they differ.
HEALTHCHECK --interval=10s --timeout=3s --start-period=15s --retries=3 \
    CMD ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/8080 && printf 'GET /health HTTP/1.0\\r\\n\\r\\n' >&3 && head -n 1 <&3 | grep -q ' 200 '"]
# SIGTERM ends it gracefully; 0 done, 1 failed while running, 2 wrong configuration.
CMD ["pikachu", "-config", "config.yaml"]
