-- migrate:up

-- Teams and members as people come and go.

-- The team and member of a person in a workspace, made at first sight: with a wallet and the free credits of this period.
-- It writes nothing when they are known. Free periods are counted from the beginning of the month in which the team was made.
CREATE FUNCTION ensure_member(p_platform text, p_installation text, p_user text, p_free_amount bigint, p_free_period interval,
    OUT team_id bigint, OUT member_id bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    SELECT w.team_id, m.id INTO team_id, member_id
      FROM workspace w JOIN member m USING (platform, installation)
     WHERE w.platform = p_platform AND w.installation = p_installation AND m.user_id = p_user;
    IF FOUND THEN
        RETURN;
    ELSIF p_platform IS NULL OR p_installation IS NULL OR p_user IS NULL THEN
        RAISE EXCEPTION 'a member has a platform, an installation and a user id' USING ERRCODE = 'ND001';
    END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended(p_platform || chr(31) || p_installation, 0));
    SELECT w.team_id INTO team_id FROM workspace w WHERE w.platform = p_platform AND w.installation = p_installation;
    IF NOT FOUND THEN
        INSERT INTO team (free_amount, free_period, free_next, low_balance)
        VALUES (p_free_amount, p_free_period, period_start('month', nd_now()), p_free_amount / 5) RETURNING id INTO team_id;
        INSERT INTO wallet (team_id) VALUES (ensure_member.team_id);
        PERFORM wallet_book_due(team_id);
        INSERT INTO workspace (platform, installation, team_id, home_team_id)
        VALUES (p_platform, p_installation, ensure_member.team_id, ensure_member.team_id);
    END IF;
    INSERT INTO member (platform, installation, user_id) VALUES (p_platform, p_installation, p_user)
    ON CONFLICT (platform, installation, user_id) DO NOTHING RETURNING id INTO member_id;
    IF member_id IS NULL THEN
        SELECT m.id INTO STRICT member_id FROM member m
         WHERE m.platform = p_platform AND m.installation = p_installation AND m.user_id = p_user;
    END IF;
END
$$;

-- Forgets who a member is. Their number stays, so the ledger stays whole; if they come back they get a new one.
CREATE FUNCTION erase_member(p_platform text, p_installation text, p_user text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    UPDATE member SET user_id = NULL WHERE platform = p_platform AND installation = p_installation AND user_id = p_user;
    RETURN FOUND;
END
$$;

-- migrate:down
