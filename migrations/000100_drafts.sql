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

-- The product runs as this role, where there is one.
DO $$
BEGIN
    IF EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'neverdark_app') THEN
        GRANT SELECT, INSERT, UPDATE, DELETE ON drafts, presses TO neverdark_app;
    END IF;
END
$$;

-- migrate:down
