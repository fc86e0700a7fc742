-- migrate:up

-- The narrower list of 000031 holds for every row.
ALTER TABLE generations VALIDATE CONSTRAINT generations_state;

-- The admin who made a code that can still be used, so that whoever redeems it can ask whether they still are one. No row for
-- any other code.
CREATE FUNCTION link_code_author(p_code_hash bytea) RETURNS TABLE (platform text, installation text, user_id text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT m.platform, m.installation, m.user_id FROM link_code k JOIN member m ON m.id = k.member_id
     WHERE k.code_hash = p_code_hash AND k.used_at IS NULL AND k.expires_at > nd_now() AND m.user_id IS NOT NULL
$$;

-- Makes the codes of this team worthless: the admin who made them is none any more.
CREATE FUNCTION revoke_link(p_code_hash bytea) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    DELETE FROM link_code WHERE code_hash = p_code_hash AND used_at IS NULL
$$;

REVOKE EXECUTE ON FUNCTION link_code_author FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION revoke_link FROM PUBLIC;

DO $$
BEGIN
    IF EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'neverdark_app') THEN
        GRANT EXECUTE ON FUNCTION link_code_author TO neverdark_app;
        GRANT EXECUTE ON FUNCTION revoke_link TO neverdark_app;
    END IF;
END
$$;

-- migrate:down
