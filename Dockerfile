FROM python:3.11.13-slim-bookworm AS base
RUN useradd --system --uid 990 mesa

# Converts office documents: LibreOffice and six files of the product, no data, no network.
FROM base AS converter
RUN apt-get update \
 && apt-get install -y --no-install-recommends libreoffice-writer-nogui libreoffice-calc-nogui libreoffice-impress-nogui fonts-dejavu-core \
 && rm -rf /var/lib/apt/lists/* \
 && mkdir /spool && chown mesa /spool && chmod 700 /spool
WORKDIR /app
COPY foundation/__init__.py foundation/
COPY foundation/documents/__init__.py foundation/documents/converter.py foundation/documents/spool.py foundation/documents/libreoffice.py foundation/documents/
USER mesa
CMD ["python", "-m", "foundation.documents.converter", "/spool"]

FROM base AS product
RUN apt-get update \
 && apt-get install -y --no-install-recommends libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-dejavu-core \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /app
COPY requirements/base.txt requirements/base.txt
RUN pip install --no-cache-dir --require-hashes -r requirements/base.txt
COPY . .
# Compiles the translations: the running user cannot write here.
RUN MESA_VAR=/tmp/build python manage.py check
RUN mkdir /data /spool && chown mesa /data /spool && chmod 700 /spool
USER mesa
ENV MESA_VAR=/data PYTHONUNBUFFERED=1
EXPOSE 8000
CMD ["python", "-m", "gunicorn", "servicedesk.wsgi", "--bind", "0.0.0.0:8000", "--worker-class", "gthread", "--workers", "2", "--threads", "4", "--preload", "--no-control-socket"]
