# The operator. Build context: the root of the repository.
FROM docker.io/library/python:3.11-slim AS build

RUN python3 -m venv /opt/asw
ENV PATH=/opt/asw/bin:$PATH PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_NO_COMPILE=1
WORKDIR /build

# Dependencies by themselves: they change seldom, and their layer is kept then.
COPY constraints.txt pyproject.toml ./
RUN python3 -c "import tomllib; print(*tomllib.load(open('pyproject.toml', 'rb'))['project']['dependencies'], sep='\n')" > dependencies.txt \
    && pip install --constraint constraints.txt --requirement dependencies.txt

COPY LICENSE README.md ./
COPY operator operator
COPY functions/python3/asw_runtime functions/python3/asw_runtime
COPY docs/schema docs/schema
RUN PIP_CONSTRAINT=constraints.txt pip install --no-deps .

# The root file system is read-only when it runs. The generated models of the Kubernetes client, nine
# tenths of all modules, are never imported.
RUN pip uninstall --yes --quiet pip \
    && python3 -m compileall -q --invalidation-mode unchecked-hash \
        -x '/kubernetes/(aio|client/(api|models))/' /opt/asw/lib

FROM docker.io/library/python:3.11-slim

RUN python3 -m compileall -q --invalidation-mode unchecked-hash \
        "$(python3 -c 'import sysconfig; print(sysconfig.get_path("stdlib"))')"
COPY --from=build /opt/asw /opt/asw

ENV PATH=/opt/asw/bin:$PATH HOME=/tmp LANG=C.UTF-8 PYTHONUNBUFFERED=1
# Give memory back: lists and watches come in large pieces, and glibc would keep what they took.
ENV MALLOC_ARENA_MAX=2 MALLOC_TRIM_THRESHOLD_=131072 MALLOC_MMAP_THRESHOLD_=131072
USER 65532:65532
ENTRYPOINT ["asw"]
CMD ["operator"]
