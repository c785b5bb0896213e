# The operator. Build context: the root of the repository.
# A release names what it is built upon by digest: --build-arg PYTHON_IMAGE=...@sha256:... (CONTRIBUTING.md).
ARG PYTHON_IMAGE=docker.io/library/python:3.11-slim
ARG BUILD_IMAGE=${PYTHON_IMAGE}
FROM ${PYTHON_IMAGE} AS base

# All steps run here, on the processor that builds: what is made for another one is only copied.
FROM --platform=$BUILDPLATFORM ${BUILD_IMAGE} AS build

RUN python3 -m venv /opt/asw && python3 -m venv /opt/build
ENV PATH=/opt/asw/bin:$PATH PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_NO_COMPILE=1
WORKDIR /build

# Dependencies by themselves: they change seldom, and their layer is kept then. What is installed is
# what `make lock` wrote down, by its hash; wheels alone, since a source would be built with what is not.
# The variable is what CPython's cross builds say for whom they are; pip takes wheels for that.
COPY locks locks
RUN /opt/build/bin/pip install --only-binary :all: --require-hashes --requirement locks/build.txt
ARG TARGETARCH
RUN case "${TARGETARCH}" in amd64) machine=x86_64 ;; arm64) machine=aarch64 ;; *) machine=$(uname -m) ;; esac \
    && _PYTHON_HOST_PLATFORM=linux-${machine} \
        pip install --only-binary :all: --require-hashes --requirement locks/operator.txt

COPY LICENSE README.md hatch_build.py pyproject.toml ./
COPY operator operator
COPY functions/python3/asw_runtime functions/python3/asw_runtime
COPY functions/nodejs/asw_runtime functions/nodejs/asw_runtime
COPY docs/schema docs/schema
RUN /opt/build/bin/pip wheel --no-build-isolation --no-deps --wheel-dir dist . \
    && pip install --no-deps dist/*.whl

# The root file system is read-only when it runs. The generated models of the Kubernetes client, nine
# tenths of all modules, are never imported.
RUN pip uninstall --yes --quiet pip \
    && python3 -m compileall -q --invalidation-mode unchecked-hash \
        -x '/kubernetes/(aio|client/(api|models))/' /opt/asw/lib \
    && mkdir -p /opt/asw/share/asw \
    && /opt/build/bin/cyclonedx-py environment --pyproject pyproject.toml --output-reproducible \
        --output-file /opt/asw/share/asw/sbom.cdx.json /opt/asw/bin/python

COPY functions/python3/stdlib_bytecode.py ./
RUN --mount=type=bind,from=base,target=/base python3 -I stdlib_bytecode.py /base /stdlib

FROM ${PYTHON_IMAGE}

COPY --from=build /stdlib/ /
COPY --from=build /opt/asw /opt/asw

ENV PATH=/opt/asw/bin:$PATH HOME=/tmp LANG=C.UTF-8 PYTHONUNBUFFERED=1
# Give memory back: lists and watches come in large pieces, and glibc would keep what they took.
ENV MALLOC_ARENA_MAX=2 MALLOC_TRIM_THRESHOLD_=131072 MALLOC_MMAP_THRESHOLD_=131072
USER 65532:65532
ENTRYPOINT ["asw"]
CMD ["operator"]
