-- migrate:up

CREATE INDEX step_log_at ON step_log (at);

-- The migrations that are applied. The product's role cannot read dbmate's own table.
CREATE FUNCTION applied_migrations() RETURNS SETOF text
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF to_regclass('schema_migrations') IS NOT NULL THEN
        RETURN QUERY SELECT version::text FROM schema_migrations;
    END IF;
END
$$;

-- Deletes codes that have joined nobody, or have done so, p_keep after they ran out. Returns how many.
CREATE FUNCTION forget_link_codes(p_keep interval) RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    v_count integer;
BEGIN
    DELETE FROM link_code WHERE expires_at < nd_now() - p_keep;
    GET DIAGNOSTICS v_count = ROW_COUNT;
    RETURN v_count;
END
$$;

-- Notes what housekeeping has done, for whoever looks.
CREATE FUNCTION duty_done(p_name text, p_holder text, p_facts jsonb) RETURNS void
LANGUAGE sql VOLATILE AS $$
    UPDATE duties SET done_at = nd_now(), facts = p_facts WHERE name = p_name AND holder = p_holder
$$;

-- migrate:down
