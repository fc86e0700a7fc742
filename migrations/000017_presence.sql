-- migrate:up

-- A bot in its workspaces: whom it has greeted, which commands its platform shows, and whose turn it is to connect.

-- One row for each workspace that has invited the bot. left_at: it was removed; invited anew, it is greeted anew. joined_at, by
-- the platform's clock: a later one is another arrival, of a bot that was down while it was removed.
CREATE TABLE arrival (
    platform     text NOT NULL,
    installation text NOT NULL,
    greeted_at   timestamptz NOT NULL DEFAULT nd_now(),
    joined_at    timestamptz,
    left_at      timestamptz,
    PRIMARY KEY (platform, installation)
);

-- Which commands of an application its platform shows. digest is that of the last ones published; claimed, claimed_until:
-- those that a process is publishing now.
CREATE TABLE published_commands (
    platform      text NOT NULL,
    application   text NOT NULL,
    digest        text,
    claimed       text,
    claimed_until timestamptz,
    published_at  timestamptz,
    PRIMARY KEY (platform, application)
);

-- What a platform has delivered lately, under its own id: it delivers again what it believes was not heard, to any process.
CREATE TABLE heard (
    platform text NOT NULL,
    event    text NOT NULL,
    at       timestamptz NOT NULL DEFAULT nd_now(),
    PRIMARY KEY (platform, event)
);

CREATE INDEX heard_at ON heard (at);

-- When the next connection of a kind may begin, in any process.
CREATE TABLE connection_turn (
    key     text PRIMARY KEY,
    free_at timestamptz NOT NULL
);

-- Whether this workspace is to be greeted now: once for each time that the bot came.
CREATE FUNCTION greet_workspace(p_platform text, p_installation text, p_joined_at timestamptz) RETURNS boolean
LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO arrival AS a (platform, installation, joined_at) VALUES (p_platform, p_installation, p_joined_at)
    ON CONFLICT (platform, installation) DO UPDATE SET greeted_at = nd_now(), joined_at = p_joined_at, left_at = NULL
     WHERE a.left_at IS NOT NULL OR a.joined_at < p_joined_at;
    RETURN FOUND;
END
$$;

-- Who is to publish these commands: done (they are the ones that are shown), yours (for p_lease), busy (somebody else is at it).
CREATE FUNCTION claim_commands(p_platform text, p_application text, p_digest text, p_lease interval) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
    p published_commands;
BEGIN
    INSERT INTO published_commands (platform, application) VALUES (p_platform, p_application) ON CONFLICT DO NOTHING;
    SELECT * INTO p FROM published_commands o WHERE o.platform = p_platform AND o.application = p_application FOR UPDATE;
    IF p.digest = p_digest THEN
        RETURN 'done';
    ELSIF p.claimed_until > nd_now() THEN
        RETURN 'busy';
    END IF;
    UPDATE published_commands o SET claimed = p_digest, claimed_until = nd_now() + p_lease
     WHERE o.platform = p_platform AND o.application = p_application;
    RETURN 'yours';
END
$$;

-- A turn among all processes, one every p_every: how long to wait for it. It is taken.
CREATE FUNCTION take_connection_turn(p_key text, p_every interval) RETURNS interval
LANGUAGE plpgsql AS $$
DECLARE
    v_now timestamptz := nd_now();
    v_free timestamptz;
BEGIN
    INSERT INTO connection_turn AS t (key, free_at) VALUES (p_key, v_now + p_every)
    ON CONFLICT (key) DO UPDATE SET free_at = greatest(t.free_at, v_now) + p_every
    RETURNING free_at - p_every INTO v_free;
    RETURN greatest(v_free - v_now, interval '0');
END
$$;

-- What was made after the rights were given.
DO $$
BEGIN
    IF EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'neverdark_app') THEN
        PERFORM allow_product_role('neverdark_app');
    END IF;
END
$$;

-- migrate:down
