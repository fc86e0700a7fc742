-- migrate:up transaction:false

-- What is due besides edits of the progress, so that a claim finds it however many edits wait. By itself, because
-- CONCURRENTLY allows nothing beside it.
CREATE INDEX CONCURRENTLY deliveries_first ON deliveries (wake_at) WHERE state = 'due' AND kind <> 'progress';

-- migrate:down
