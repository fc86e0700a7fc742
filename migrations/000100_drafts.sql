-- migrate:up

-- What a person has typed and not yet asked for: kept for a day, so that a question or a refusal has buttons that go on with
-- it. For that person in that workspace alone. draft is what core/domain/drafts.py writes; it holds a description.
CREATE TABLE drafts (
    id           uuid PRIMARY KEY,
    platform     text NOT NULL,
    installation text NOT NULL,
    user_id      text NOT NULL,
    draft        jsonb NOT NULL,
    kept_at      timestamptz NOT NULL DEFAULT nd_now()
);
CREATE INDEX drafts_kept_at ON drafts (kept_at);

-- Keeps a draft, and forgets a few of those that are too old.
CREATE FUNCTION keep_draft(p_id uuid, p_platform text, p_installation text, p_user text, p_draft jsonb, p_keep interval)
RETURNS void
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    DELETE FROM drafts WHERE id IN (
        SELECT d.id FROM drafts d WHERE d.kept_at < nd_now() - p_keep ORDER BY d.kept_at LIMIT 20 FOR UPDATE SKIP LOCKED);
    INSERT INTO drafts (id, platform, installation, user_id, draft)
    VALUES (p_id, p_platform, p_installation, p_user, p_draft)
    ON CONFLICT (id) DO NOTHING;
END
$$;

-- Presses of buttons that begin something. Several of one person on one button within a moment are one press.
-- event: the platform's own id of it. counts_as: the first press of that moment; its own id, if it is the first.
CREATE TABLE presses (
    event     text PRIMARY KEY,
    button    text NOT NULL,
    counts_as text NOT NULL,
    at        timestamptz NOT NULL DEFAULT nd_now()
);
CREATE INDEX presses_button ON presses (button, at) WHERE event = counts_as;
CREATE INDEX presses_at ON presses (at);

-- The press that this one counts as: the same in every redelivery, and the same for all within p_moment of the first.
CREATE FUNCTION count_press(p_event text, p_button text, p_moment interval) RETURNS text
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    v_counts_as text;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('press:' || p_button, 0));
    SELECT p.counts_as INTO v_counts_as FROM presses p WHERE p.event = p_event;
    IF FOUND THEN
        RETURN v_counts_as;
    END IF;
    SELECT p.event INTO v_counts_as FROM presses p
     WHERE p.button = p_button AND p.event = p.counts_as AND p.at > nd_now() - p_moment
     ORDER BY p.at DESC LIMIT 1;
    DELETE FROM presses WHERE event IN (
        SELECT p.event FROM presses p WHERE p.at < nd_now() - interval '1 day' ORDER BY p.at LIMIT 20
           FOR UPDATE SKIP LOCKED);
    INSERT INTO presses (event, button, counts_as) VALUES (p_event, p_button, coalesce(v_counts_as, p_event));
    RETURN coalesce(v_counts_as, p_event);
END
$$;

-- Forgets who a person is, in one workspace or in all of a platform, and remembers that what they asked for has to go.
-- Drafts go at once. The ledger keeps their number. Returns the generations of theirs that are not over yet.
CREATE OR REPLACE FUNCTION begin_erasure(p_platform text, p_installation text, p_user text, OUT members integer, OUT live uuid[])
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    m member;
BEGIN
    members := 0;
    DELETE FROM drafts d WHERE d.platform = p_platform AND d.user_id = p_user
       AND (p_installation IS NULL OR d.installation = p_installation);
    DELETE FROM presses p WHERE right(p.button, length(p_user) + 1) = ':' || p_user;
    FOR m IN SELECT * FROM member o WHERE o.platform = p_platform AND o.user_id = p_user
                AND (p_installation IS NULL OR o.installation = p_installation) ORDER BY o.id FOR UPDATE LOOP
        members := members + 1;
        INSERT INTO erasure (member_id) VALUES (m.id) ON CONFLICT (member_id) DO UPDATE SET done_at = NULL;
        PERFORM erase_member(m.platform, m.installation, p_user);
        DELETE FROM link_code WHERE member_id = m.id;
        UPDATE generations SET user_id = NULL WHERE member_id = m.id AND user_id IS NOT NULL;
        IF m.installation = p_user OR right(m.installation, length(p_user) + 1) = ':' || p_user THEN
            PERFORM rename_workspace(m.platform, m.installation, 'erased:' || m.id);
        END IF;
    END LOOP;
    SELECT coalesce(array_agg(g.id), '{}') INTO live FROM generations g JOIN erasure e ON e.member_id = g.member_id
     WHERE e.done_at IS NULL AND g.platform = p_platform AND g.state <> 'done';
END
$$;

-- The product runs as this role, where there is one.
DO $$
BEGIN
    IF EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'neverdark_app') THEN
        PERFORM allow_product_role('neverdark_app');
    END IF;
END
$$;

-- migrate:down
