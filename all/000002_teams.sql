-- migrate:up

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

-- migrate:down
