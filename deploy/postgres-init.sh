#!/bin/sh
# First start of the database: two roles and the product's database.
set -eu
psql -v ON_ERROR_STOP=1 -U postgres -v owner="$MESA_OWNER_PASSWORD" -v app="$MESA_APP_PASSWORD" <<SQL
CREATE ROLE mesa_owner LOGIN PASSWORD :'owner';
CREATE ROLE mesa_app LOGIN PASSWORD :'app';
CREATE DATABASE mesa OWNER mesa_owner;
SQL
psql -v ON_ERROR_STOP=1 -U postgres -d mesa -f /mesa/postgres-roles.sql
