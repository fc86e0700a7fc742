-- migrate:up

-- What the admins of a workspace have chosen; one without a row has chosen nothing.
-- fallback: how far its generations go when the first provider fails. changed_by is a member's number.
CREATE TABLE workspace_settings (
    platform     text NOT NULL,
    installation text NOT NULL,
    fallback     text NOT NULL DEFAULT 'any',
    changed_by   bigint,
    changed_at   timestamptz NOT NULL DEFAULT nd_now(),
    PRIMARY KEY (platform, installation),
    FOREIGN KEY (platform, installation) REFERENCES workspace (platform, installation),
    CONSTRAINT workspace_settings_fallback CHECK (fallback IN ('never', 'same_tier', 'any'))
);

-- A generation keeps the choice that held when it was asked for.
ALTER TABLE generations ADD COLUMN fallback text NOT NULL DEFAULT 'any'
    CONSTRAINT generations_fallback CHECK (fallback IN ('never', 'same_tier', 'any'));

-- The product runs as this role, where there is one; what is made by the same owner later is granted by default.
DO $$
BEGIN
    IF EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'neverdark_app') THEN
        GRANT SELECT, INSERT, UPDATE, DELETE ON workspace_settings TO neverdark_app;
    END IF;
END
$$;

-- migrate:down
