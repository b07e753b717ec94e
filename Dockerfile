# An image with the tool alone: docker run --rm -v "$PWD:/work" remediate check
FROM python:3.13-slim-bookworm AS build
WORKDIR /source
COPY pyproject.toml README.md LICENSE ./
COPY remediate remediate
COPY patches patches
RUN python -m venv /opt/remediate \
  && /opt/remediate/bin/pip install --no-cache-dir --disable-pip-version-check .

FROM python:3.13-slim-bookworm
COPY --from=build /opt/remediate /opt/remediate
ENV PATH=/opt/remediate/bin:$PATH PYTHONDONTWRITEBYTECODE=1
RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin remediate
USER 10001:10001
WORKDIR /work
ENTRYPOINT ["remediate"]
