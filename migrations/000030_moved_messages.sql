-- migrate:up

-- Messages that go elsewhere, because the person has asked for them there.

-- What is not said yet of a generation is to be said in this thread, at once: its result, and what leads to it. A message that is up
-- stays where it is. False: the result is up, or cannot come any more.
CREATE FUNCTION move_deliveries(p_generation uuid, p_thread text) RETURNS boolean
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    PERFORM 1 FROM generations g WHERE g.id = p_generation FOR NO KEY UPDATE;
    IF EXISTS (SELECT 1 FROM deliveries d WHERE d.generation_id = p_generation AND d.kind = 'result' AND d.state <> 'due') THEN
        RETURN false;
    END IF;
    UPDATE generations g SET thread = p_thread, version = g.version + 1 WHERE g.id = p_generation AND g.state <> 'done';
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    -- Whoever is at one of them is at it in the old place: what is refused there no longer sends anything elsewhere.
    UPDATE deliveries d
       SET memory = d.memory - 'where' - 'why', version = d.version + 1, fence = d.fence + 1,
           thread = CASE WHEN d.message_id IS NULL THEN NULL ELSE d.thread END,
           tries = CASE WHEN d.message_id IS NULL THEN 0 ELSE d.tries END,
           lease_owner = NULL, lease_until = NULL, turn_at = NULL, wake_at = nd_now()
     WHERE d.generation_id = p_generation AND d.state = 'due' AND d.kind IN ('progress', 'result', 'extra');
    UPDATE deliveries d SET memory = d.memory - 'where' - 'why'
     WHERE d.generation_id = p_generation AND d.memory ? 'where';
    RETURN true;
END
$$;

-- migrate:down
