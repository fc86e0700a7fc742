-- migrate:up

-- Who may do what with the ledger: nobody but its owner, except the role that the product runs as. That one may read, and
-- go through the ledger's doors: its SECURITY DEFINER functions.

-- Lets a role run the product. An administrator calls it for a role of their own, or for neverdark_app where the migrations
-- were not allowed to make it. May be called again.
CREATE FUNCTION allow_product_role(p_role name) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    thing record;
BEGIN
    EXECUTE format('GRANT USAGE ON SCHEMA public TO %I', p_role);
    EXECUTE format('ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO %I', p_role);
    FOR thing IN
        SELECT c.oid::regclass AS name, CASE
                   WHEN c.relname IN ('link_code', 'schema_migrations') THEN NULL
                   WHEN c.relname IN ('team', 'workspace', 'member', 'wallet', 'entry', 'lot', 'draw', 'budget', 'gift',
                                      'joining') THEN 'SELECT'
                   ELSE 'SELECT, INSERT, UPDATE, DELETE' END AS rights
          FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND c.relowner = (
               SELECT r.oid FROM pg_roles r WHERE r.rolname = current_user) LOOP
        EXECUTE format('REVOKE ALL ON %s FROM %I', thing.name, p_role);
        IF thing.rights IS NOT NULL THEN
            EXECUTE format('GRANT %s ON %s TO %I', thing.rights, thing.name, p_role);
        END IF;
    END LOOP;
    FOR thing IN SELECT p.oid::regprocedure AS name FROM pg_proc p
                  WHERE p.prosecdef AND p.pronamespace = 'public'::regnamespace LOOP
        EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', thing.name);
        EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO %I', thing.name, p_role);
    END LOOP;
END
$$;

REVOKE EXECUTE ON FUNCTION allow_product_role FROM PUBLIC;

DO $$
DECLARE
    door regprocedure;
BEGIN
    FOR door IN SELECT p.oid FROM pg_proc p WHERE p.prosecdef AND p.pronamespace = 'public'::regnamespace LOOP
        EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', door);
    END LOOP;
    IF EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'neverdark_app') THEN
        PERFORM allow_product_role('neverdark_app');
    END IF;
END
$$;

-- migrate:down
