-- migrate:up

-- Steps of people's workflows that wait for a video: answered by a worker once it is there, or is not to be had.

-- One row for each step that waits, until it is answered. `reference` is the platform's own name of it. It is written before
-- the generation, so that a bot which dies in between leaves a step that is told so.
CREATE TABLE waiting_step (
    generation_id uuid PRIMARY KEY,
    platform      text NOT NULL,
    place         text NOT NULL,
    reference     text NOT NULL,
    tries         integer NOT NULL DEFAULT 0,
    wake_at       timestamptz NOT NULL DEFAULT nd_now(),
    created_at    timestamptz NOT NULL DEFAULT nd_now()
);

CREATE INDEX waiting_step_due ON waiting_step (wake_at);

-- Takes up to so many steps whose generation is over, or never began, each for so long.
CREATE FUNCTION claim_waiting_steps(p_limit integer, p_for interval, p_never_after interval) RETURNS SETOF waiting_step
LANGUAGE sql AS $$
    UPDATE waiting_step w SET tries = w.tries + 1, wake_at = nd_now() + p_for
      FROM (SELECT s.generation_id FROM waiting_step s LEFT JOIN generations g ON g.id = s.generation_id
             WHERE s.wake_at <= nd_now()
               AND (g.state = 'done' OR g.id IS NULL AND s.created_at < nd_now() - p_never_after)
             ORDER BY s.wake_at LIMIT p_limit FOR UPDATE OF s SKIP LOCKED) due
     WHERE w.generation_id = due.generation_id
    RETURNING w.*
$$;

-- migrate:down
