-- migrate:up

-- Whom a workspace lets use the app at its cost, besides its members.
ALTER TABLE workspace_settings ADD COLUMN outsiders text NOT NULL DEFAULT 'nobody'
    CONSTRAINT workspace_settings_outsiders CHECK (outsiders IN ('nobody', 'guests', 'everybody'));

-- migrate:down
