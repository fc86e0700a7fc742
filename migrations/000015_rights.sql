-- migrate:up

-- Who may do what: the product's role goes through functions, and may read.

-- Who owns credits: a team is one or more chat workspaces, and a member is one person in one workspace. The ledger knows
-- people by members' numbers alone, so that a person can be erased and the ledger stays whole.

-- The product runs as this role, which may execute the ledger's functions and cannot touch its tables
-- (`SET ROLE neverdark_app`, or role=neverdark_app when connecting). Whoever may not create roles is told so and carries
-- on as the owner; then an administrator makes it and calls allow_product_role('neverdark_app').
DO $$
BEGIN
    CREATE ROLE neverdark_app NOLOGIN;
EXCEPTION
    WHEN duplicate_object OR unique_violation THEN
        NULL;
    WHEN insufficient_privilege THEN
        RAISE NOTICE 'role neverdark_app was not created: % may not create roles', current_user;
END
$$;

-- Lets a role run the product, and takes from it what it has beyond that. May be called again: after every migration it is.
CREATE FUNCTION allow_product_role(p_role name) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    thing record;
BEGIN
    REVOKE CREATE ON SCHEMA public FROM PUBLIC;
    -- A backup that was restored without its privileges gives everybody each function.
    REVOKE EXECUTE ON FUNCTION allow_product_role(name) FROM PUBLIC;
    EXECUTE format('REVOKE CREATE ON SCHEMA public FROM %I', p_role);
    EXECUTE format('GRANT USAGE ON SCHEMA public TO %I', p_role);
    EXECUTE format('ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO %I', p_role);
    FOR thing IN
        SELECT c.oid::regclass AS name, CASE
                   WHEN c.relname = 'link_code' THEN NULL
                   WHEN c.relname = 'schema_migrations' OR c.relname = ANY (ledger_tables()) OR c.relkind = 'v' THEN 'SELECT'
                   ELSE 'SELECT, INSERT, UPDATE, DELETE' END AS rights
          FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v') AND c.relowner = (
               SELECT r.oid FROM pg_roles r WHERE r.rolname = current_user) LOOP
        EXECUTE format('REVOKE ALL ON %s FROM %I', thing.name, p_role);
        IF thing.rights IS NOT NULL THEN
            EXECUTE format('GRANT %s ON %s TO %I', thing.rights, thing.name, p_role);
        END IF;
    END LOOP;
    FOR thing IN SELECT p.oid::regprocedure AS name FROM pg_proc p JOIN pg_roles r ON r.oid = p.proowner
                  WHERE p.prosecdef AND p.pronamespace = 'public'::regnamespace AND r.rolname = current_user LOOP
        EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', thing.name);
        EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO %I', thing.name, p_role);
    END LOOP;
END
$$;

-- The newest migration that is applied. The product's role cannot read dbmate's own table.
CREATE FUNCTION schema_version() RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT max(version) FROM schema_migrations
$$;

-- The migrations that are applied. The product's role cannot read dbmate's own table.
CREATE FUNCTION applied_migrations() RETURNS SETOF text
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF to_regclass('schema_migrations') IS NOT NULL THEN
        RETURN QUERY SELECT version::text FROM schema_migrations;
    END IF;
END
$$;

-- Two roles: the owner of everything here, whom nobody logs in as, and the one that the product works under. The latter
-- reads the ledger and goes through its SECURITY DEFINER functions; it may not write to its tables, make or replace anything.

-- The tables that only the ledger's functions write to.
CREATE FUNCTION ledger_tables() RETURNS name[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT ARRAY['team', 'workspace', 'member', 'wallet', 'entry', 'lot', 'draw', 'budget', 'gift', 'joining', 'link_code',
                 'purchase']::name[]
$$;

-- What a role may do that the product must not, each in a few words; none is as it should be.
CREATE FUNCTION excess_rights(p_role name) RETURNS SETOF text
LANGUAGE plpgsql STABLE AS $$
DECLARE
    me pg_roles;
    v_table name;
    v_right text;
BEGIN
    SELECT * INTO STRICT me FROM pg_roles WHERE rolname = p_role;
    IF me.rolsuper THEN
        RETURN NEXT 'it is a superuser';
        RETURN;
    END IF;
    RETURN QUERY SELECT 'it may ' || t.what FROM (VALUES (me.rolcreaterole, 'create roles'), (me.rolreplication, 'replicate'),
        (me.rolbypassrls, 'pass row security over'), (has_schema_privilege(p_role, 'public', 'CREATE'), 'create things in schema public'),
        (has_parameter_privilege(p_role, 'session_replication_role', 'SET'), 'set session_replication_role')) AS t(has, what) WHERE t.has;
    RETURN QUERY SELECT DISTINCT format('it is a member of %s, who owns %s', o.rolname, string_agg(DISTINCT c.relname, ', '))
      FROM pg_class c JOIN pg_roles o ON o.oid = c.relowner
     WHERE c.relnamespace = 'public'::regnamespace AND c.relname = ANY (ledger_tables()) AND pg_has_role(p_role, o.oid, 'MEMBER')
     GROUP BY o.rolname;
    FOREACH v_table IN ARRAY ledger_tables() LOOP
        FOREACH v_right IN ARRAY ARRAY['INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'TRIGGER', 'REFERENCES'] LOOP
            IF has_table_privilege(p_role, format('public.%I', v_table), v_right) THEN
                RETURN NEXT format('it may %s %s', v_right, v_table);
            END IF;
        END LOOP;
    END LOOP;
    -- A view reads and writes its tables with the rights of its owner.
    RETURN QUERY SELECT format('it may write through the view %s', c.relname) FROM pg_class c
     WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'v'
       AND has_table_privilege(p_role, c.oid, 'INSERT, UPDATE, DELETE');
    RETURN QUERY SELECT format('it is a member of %s', r.rolname) FROM pg_roles r
     WHERE r.rolname IN ('pg_write_all_data', 'pg_execute_server_program', 'pg_write_server_files', 'pg_read_server_files',
                         'pg_maintain', 'pg_database_owner') AND pg_has_role(p_role, r.oid, 'MEMBER');
END
$$;

-- Nobody but the owner and the product's role may call what writes to the ledger.
DO $$
DECLARE
    protected regprocedure;
BEGIN
    FOR protected IN
        SELECT p.oid FROM pg_proc p
         WHERE p.pronamespace = 'public'::regnamespace AND (p.prosecdef OR p.proname = 'allow_product_role') LOOP
        EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', protected);
    END LOOP;
    IF EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'neverdark_app') THEN
        PERFORM allow_product_role('neverdark_app');
    END IF;
END
$$;

-- migrate:down
