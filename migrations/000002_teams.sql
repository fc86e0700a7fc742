-- migrate:up

-- Teams, workspaces and members; how workspaces are linked to one team.

-- A function may name what a later file makes.
SET LOCAL check_function_bodies = off;

-- Whole credits, never below zero. A domain, because a table's CHECK is planned again by every statement that writes.
CREATE DOMAIN credits AS bigint CHECK (VALUE >= 0);

-- joined_to: the team that spends for this one since their workspaces were linked.
-- free_next: when the next free credits are due; they lapse one free_period later.
-- approval_above: dearer generations ask an admin. low_balance: below it, an alert is due, once until it is topped up.
CREATE TABLE team (
    id                 bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name               text NOT NULL DEFAULT '',
    created_at         timestamptz NOT NULL DEFAULT nd_now(),
    joined_to          bigint REFERENCES team (id) CONSTRAINT team_not_joined_to_itself CHECK (joined_to <> id),
    free_amount        credits NOT NULL,
    free_period        interval NOT NULL CONSTRAINT team_free_period CHECK (free_period >= interval '1 day'),
    free_next          timestamptz NOT NULL,
    approval_above     credits,
    low_balance        credits NOT NULL DEFAULT 0,
    low_alerted        boolean NOT NULL DEFAULT false,
    alert_platform     text,
    alert_installation text,
    alert_channel      text
);

CREATE INDEX team_alerted ON team (id) WHERE alert_channel IS NOT NULL AND joined_to IS NULL;

-- home_team_id: the team it came with, and goes back to when it is unlinked.
CREATE TABLE workspace (
    platform     text NOT NULL,
    installation text NOT NULL,
    team_id      bigint NOT NULL REFERENCES team (id),
    home_team_id bigint NOT NULL REFERENCES team (id),
    created_at   timestamptz NOT NULL DEFAULT nd_now(),
    PRIMARY KEY (platform, installation)
);

CREATE INDEX workspace_team ON workspace (team_id);

-- user_id is the platform's name for the person; NULL once the person was erased.
CREATE TABLE member (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    platform     text NOT NULL,
    installation text NOT NULL,
    user_id      text,
    created_at   timestamptz NOT NULL DEFAULT nd_now(),
    FOREIGN KEY (platform, installation) REFERENCES workspace (platform, installation),
    UNIQUE (platform, installation, user_id)
);

-- Where a person is known.
CREATE INDEX member_user ON member (platform, user_id) WHERE user_id IS NOT NULL;

-- What the admins of a workspace have chosen; one without a row has chosen nothing.
-- fallback: how far its generations go when the first provider fails. changed_by is a member's number.
CREATE TABLE workspace_settings (
    platform     text NOT NULL,
    installation text NOT NULL,
    fallback     text NOT NULL DEFAULT 'any',
    changed_by   bigint,
    changed_at   timestamptz NOT NULL DEFAULT nd_now(),
    -- What people gave goes again: a person's when they are erased, everybody's once it is older than its workspace keeps it.
    -- A generation that is over is scrubbed: its row stays, for the figures and because the ledger names it, without anything
    -- that came from a person or was made for them.
    -- keep_days: for how many days prompts, pictures and clips are kept; NULL is what the operator has set for all.
    keep_days integer CONSTRAINT workspace_settings_keep CHECK (keep_days BETWEEN 1 AND 36500),
    -- Whom a workspace lets use the app at its cost, besides its members.
    outsiders text NOT NULL DEFAULT 'nobody' CONSTRAINT workspace_settings_outsiders CHECK (outsiders IN ('nobody', 'guests', 'everybody')),
    -- What a workspace wants when a provider refuses a video by a rule that others do not have: offer the next one, or ask it.
    elsewhere text NOT NULL DEFAULT 'offer' CONSTRAINT workspace_settings_elsewhere CHECK (elsewhere IN ('offer', 'go_on')),
    PRIMARY KEY (platform, installation),
    FOREIGN KEY (platform, installation) REFERENCES workspace (platform, installation),
    CONSTRAINT workspace_settings_fallback CHECK (fallback IN ('never', 'same_tier', 'any'))
);

-- Whether two workspaces are of one team now: the same one, or linked ones. Whoever names something by its id may know of
-- it only then.
CREATE FUNCTION same_team(p_platform text, p_installation text, p_other_platform text, p_other_installation text) RETURNS boolean
LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT 1 FROM workspace a JOIN workspace b ON b.team_id = a.team_id
                    WHERE a.platform = p_platform AND a.installation = p_installation
                      AND b.platform = p_other_platform AND b.installation = p_other_installation)
$$;

-- migrate:down
