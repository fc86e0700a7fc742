-- migrate:up

-- Since when a vendor has been saying that it does not know the task of an attempt, and how many polls in a row were told
-- so: one "not found" ends no paid task.
ALTER TABLE attempts
    ADD COLUMN missing_since timestamptz,
    ADD COLUMN missing_polls smallint NOT NULL DEFAULT 0;

-- migrate:down
