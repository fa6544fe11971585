# elegan on the CPU. TORCH_INDEX may name an index of torch's CPU-only wheels, which are a tenth of the size (docs/install.md).
FROM python:3.12-slim

ARG TORCH_INDEX=""
# Such as [serve], of pyproject.toml.
ARG EXTRAS=""
WORKDIR /src
COPY pyproject.toml README.md LICENSE ./
COPY src ./src
# What is installed is this folder, which pins what it needs itself.
# hadolint ignore=DL3013
RUN pip install --no-cache-dir ${TORCH_INDEX:+--extra-index-url "$TORCH_INDEX"} ".${EXTRAS}" \
    && useradd --create-home --uid 1000 elegan \
    && install --directory --owner 1000 /work

USER 1000
WORKDIR /work
ENTRYPOINT ["elegan"]
CMD ["--help"]
