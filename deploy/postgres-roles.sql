-- Run once in the product's database: what the owner makes, the app may read and write; it makes and drops nothing.
GRANT USAGE ON SCHEMA public TO mesa_app;
ALTER DEFAULT PRIVILEGES FOR ROLE mesa_owner IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO mesa_app;
ALTER DEFAULT PRIVILEGES FOR ROLE mesa_owner IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO mesa_app;
ALTER SCHEMA public OWNER TO mesa_owner;
