-- migrate:up

-- Members, and how workspaces become one team: codes, joining, parting.

-- A function may name what a later file makes.
SET LOCAL check_function_bodies = off;

-- One team, many workspaces. A code that an admin shows in one workspace joins another to its team: from then on both spend
-- from one wallet. What the joined team can spend moves lot by lot, but not its free credits, which wait for it; what it
-- holds stays and follows when it comes back; both histories stay where they are.

-- A code, of which only the hash is known here. It is as good as the right of the admin who made it, for ten minutes, once.
CREATE TABLE link_code (
    code_hash         bytea PRIMARY KEY,
    team_id           bigint NOT NULL REFERENCES team (id),
    member_id         bigint NOT NULL REFERENCES member (id),
    expires_at        timestamptz NOT NULL,
    used_at           timestamptz,
    used_platform     text,
    used_installation text
);

CREATE INDEX link_code_team ON link_code (team_id);

-- Who linked and unlinked which workspace: from one team to another.
CREATE TABLE joining (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    platform     text NOT NULL,
    installation text NOT NULL,
    from_team    bigint NOT NULL REFERENCES team (id),
    to_team      bigint NOT NULL REFERENCES team (id),
    member_id    bigint NOT NULL REFERENCES member (id),
    at           timestamptz NOT NULL DEFAULT nd_now()
);

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

-- Joining and parting happen one at a time, so that wallets can be locked without anyone waiting in a circle.
CREATE FUNCTION joining_lock() RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('neverdark/joining', 0));
END
$$;

-- Keeps the hash of a new code for this team, which replaces its older ones. NULL: no such team or member.
CREATE FUNCTION link_team(p_team bigint, p_member bigint, p_code_hash bytea, p_ttl interval) RETURNS timestamptz
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    v_team bigint := team_spends_as(p_team);
    v_expires timestamptz := nd_now() + p_ttl;
BEGIN
    IF NOT EXISTS (SELECT 1 FROM member m JOIN workspace s USING (platform, installation)
                    WHERE m.id = p_member AND s.team_id = v_team) THEN
        RETURN NULL;
    END IF;
    DELETE FROM link_code WHERE team_id = v_team AND used_at IS NULL;
    INSERT INTO link_code (code_hash, team_id, member_id, expires_at) VALUES (p_code_hash, v_team, p_member, v_expires);
    RETURN v_expires;
END
$$;

-- Moves what p_from can spend to p_to, lot by lot, except its free credits; both wallets are locked, their dues booked.
CREATE FUNCTION wallet_move(p_from bigint, p_to bigint, p_joining bigint, p_member bigint) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
    l lot;
    v_lot bigint;
    v_leg integer := 0;
    v_moved bigint := 0;
BEGIN
    PERFORM wallet_stash(p_from);
    PERFORM wallet_stash(p_to);
    FOR l IN SELECT * FROM lot o WHERE o.team_id = p_from AND o.remaining > 0 AND o.source <> 'free'
              ORDER BY o.priority, o.expires_at, o.id LOOP
        v_leg := v_leg - 2;
        v_moved := v_moved + l.remaining;
        UPDATE lot SET remaining = 0 WHERE id = l.id;
        INSERT INTO lot (team_id, source, priority, expires_at, granted, remaining, granted_at)
        VALUES (p_to, l.source, l.priority, l.expires_at, l.remaining, l.remaining, nd_now()) RETURNING id INTO v_lot;
        PERFORM wallet_book(p_from, 'move_out', system_key(3, p_joining), v_leg, -l.remaining, 0, l.id,
                            NULL, p_member, NULL, NULL, nd_now());
        PERFORM wallet_book(p_to, 'move_in', system_key(3, p_joining), v_leg - 1, l.remaining, 0, v_lot,
                            NULL, p_member, NULL, NULL, nd_now());
    END LOOP;
    PERFORM wallet_pick(p_from);
    PERFORM wallet_pick(p_to);
    RETURN v_moved;
END
$$;

-- Joins the team of this workspace to the one that the code was made for; p_member is the admin who does it. made_by is the
-- admin who made the code: whether they still are one is for the caller to find out before.
-- status: ok, replayed (this workspace used it), unknown_code, expired, used, same_team, frozen, unknown_team.
CREATE FUNCTION redeem_link(p_code_hash bytea, p_platform text, p_installation text, p_member bigint,
    OUT status text, OUT team_id bigint, OUT made_by bigint, OUT moved bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    c link_code;
    v_from bigint;
    v_joining bigint;
    v_frozen boolean;
BEGIN
    PERFORM joining_lock();
    moved := 0;
    SELECT s.team_id INTO v_from FROM workspace s WHERE s.platform = p_platform AND s.installation = p_installation;
    SELECT k.* INTO c FROM link_code k JOIN member m ON m.id = k.member_id AND m.user_id IS NOT NULL
     WHERE k.code_hash = p_code_hash;
    team_id := team_spends_as(c.team_id);
    made_by := c.member_id;
    status := CASE
        WHEN c.code_hash IS NULL THEN 'unknown_code'
        WHEN v_from IS NULL THEN 'unknown_team'
        WHEN c.used_platform = p_platform AND c.used_installation = p_installation AND v_from = team_id THEN 'replayed'
        WHEN c.used_at IS NOT NULL THEN 'used'
        WHEN c.expires_at <= nd_now() THEN 'expired'
        WHEN v_from = team_id THEN 'same_team'
    END;
    IF status IS NOT NULL THEN
        RETURN;
    END IF;
    v_frozen := (wallet_lock_own(least(v_from, team_id))).gates & 1 <> 0;
    v_frozen := (wallet_lock_own(greatest(v_from, team_id))).gates & 1 <> 0 OR v_frozen;
    IF v_frozen THEN
        status := 'frozen';
        RETURN;
    END IF;
    INSERT INTO joining (platform, installation, from_team, to_team, member_id)
    VALUES (p_platform, p_installation, v_from, redeem_link.team_id, p_member) RETURNING id INTO v_joining;
    UPDATE team t SET joined_to = redeem_link.team_id WHERE t.id = v_from OR t.joined_to = v_from;
    UPDATE workspace s SET team_id = redeem_link.team_id WHERE s.team_id = v_from;
    UPDATE link_code k SET used_at = nd_now(), used_platform = p_platform, used_installation = p_installation
     WHERE k.code_hash = p_code_hash;
    moved := wallet_move(v_from, team_id, v_joining, p_member);
    PERFORM wallet_gate(v_from);
    UPDATE team t SET low_alerted = false WHERE t.id = redeem_link.team_id AND moved > 0
       AND (SELECT w.balance >= t.low_balance FROM wallet w WHERE w.team_id = t.id);
    status := 'ok';
END
$$;

-- Gives a workspace back to the team it came with, which then spends for itself again. What it had brought stays.
-- status: ok, not_linked, unknown_team. team_id is the team it has now.
CREATE FUNCTION unlink_workspace(p_platform text, p_installation text, p_member bigint, OUT status text, OUT team_id bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    s workspace;
BEGIN
    PERFORM joining_lock();
    SELECT * INTO s FROM workspace o WHERE o.platform = p_platform AND o.installation = p_installation;
    team_id := s.home_team_id;
    status := CASE WHEN team_id IS NULL THEN 'unknown_team' WHEN team_id = s.team_id THEN 'not_linked' ELSE 'ok' END;
    IF status <> 'ok' THEN
        RETURN;
    END IF;
    PERFORM wallet_lock_own(team_id);
    PERFORM wallet_stash(team_id);
    INSERT INTO joining (platform, installation, from_team, to_team, member_id)
    VALUES (p_platform, p_installation, s.team_id, s.home_team_id, p_member);
    UPDATE team t SET joined_to = NULL WHERE t.id = s.home_team_id;
    UPDATE workspace o SET team_id = s.home_team_id WHERE o.platform = p_platform AND o.installation = p_installation;
    PERFORM wallet_gate(team_id);
    PERFORM wallet_pick(team_id);
END
$$;

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

-- migrate:down
