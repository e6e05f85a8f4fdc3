# The image of a release: its binary, and nothing else to attack. `npm run binaries` comes first. The configuration is
# mounted: docker run -v ./config.yaml:/etc/llmproxy/config.yaml:ro -p 3000:3000 …
FROM gcr.io/distroless/cc-debian12:nonroot AS program-amd64
COPY --chmod=755 dist/release/llmproxy-linux-x64 /usr/local/bin/llmproxy

FROM gcr.io/distroless/cc-debian12:nonroot AS program-arm64
COPY --chmod=755 dist/release/llmproxy-linux-arm64 /usr/local/bin/llmproxy

# TARGETARCH is BuildKit's.
FROM program-${TARGETARCH}
WORKDIR /etc/llmproxy
# By number, so that an orchestrator can see that it is not root.
USER 65532:65532
STOPSIGNAL SIGTERM
EXPOSE 3000 9000
ENTRYPOINT ["/usr/local/bin/llmproxy"]
CMD ["-c", "/etc/llmproxy/config.yaml"]
