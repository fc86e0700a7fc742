-- migrate:up

-- Apps that people install into workspaces by themselves: what they let us do there, sealed, and whether it still holds.

-- One row for each workspace, or organization, that the app is or was installed in. The tokens are sealed by the bots, which
-- have the key; they are gone the moment the app is. `refresh_until` is the lock under which one process renews a token.
CREATE TABLE app_installation (
    platform      text NOT NULL,
    installation  text NOT NULL,
    organization  text,
    facts         jsonb NOT NULL,
    sealed        text,
    expires_at    timestamptz,
    refresh_by    text,
    refresh_until timestamptz,
    installed_at  timestamptz NOT NULL DEFAULT nd_now(),
    changed_at    timestamptz NOT NULL DEFAULT nd_now(),
    ended_at      timestamptz,
    ended_why     text,
    PRIMARY KEY (platform, installation),
    CONSTRAINT app_installation_tokens_end_with_it CHECK ((sealed IS NULL) = (ended_at IS NOT NULL))
);

-- An installation that somebody has begun in a browser: good for one use, for minutes.
CREATE TABLE install_state (
    state text PRIMARY KEY,
    until timestamptz NOT NULL
);

CREATE INDEX install_state_over ON install_state (until);

-- Takes the lock under which a token is renewed, for so long; false while somebody else has it.
CREATE FUNCTION lock_refresh(p_platform text, p_installation text, p_by text, p_for interval) RETURNS boolean
LANGUAGE sql AS $$
    WITH taken AS (
        UPDATE app_installation SET refresh_by = p_by, refresh_until = nd_now() + p_for
         WHERE platform = p_platform AND installation = p_installation AND ended_at IS NULL
           AND (refresh_until IS NULL OR refresh_until <= nd_now())
        RETURNING 1)
    SELECT EXISTS (SELECT 1 FROM taken)
$$;

-- Writes renewed tokens down and lets go of the lock; false where the lock was lost, or the app is gone meanwhile.
CREATE FUNCTION tokens_renewed(p_platform text, p_installation text, p_by text, p_sealed text, p_expires_at timestamptz) RETURNS boolean
LANGUAGE sql AS $$
    WITH written AS (
        UPDATE app_installation SET sealed = p_sealed, expires_at = p_expires_at, changed_at = nd_now(),
               refresh_by = NULL, refresh_until = NULL
         WHERE platform = p_platform AND installation = p_installation AND ended_at IS NULL AND refresh_by = p_by
        RETURNING 1)
    SELECT EXISTS (SELECT 1 FROM written)
$$;

-- The app is gone from a workspace since then: its tokens are forgotten. False where it is gone already, or back since.
CREATE FUNCTION end_installation(p_platform text, p_installation text, p_why text, p_at timestamptz) RETURNS boolean
LANGUAGE sql AS $$
    WITH ended AS (
        UPDATE app_installation SET sealed = NULL, expires_at = NULL, refresh_by = NULL, refresh_until = NULL,
               ended_at = nd_now(), ended_why = p_why, changed_at = nd_now()
         WHERE platform = p_platform AND installation = p_installation AND ended_at IS NULL AND installed_at <= p_at
        RETURNING 1)
    SELECT EXISTS (SELECT 1 FROM ended)
$$;

-- migrate:down
