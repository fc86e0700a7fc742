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
    UPDATE deliveries d SET thread = NULL, memory = d.memory - 'where' - 'why', version = d.version + 1, tries = 0,
           wake_at = CASE WHEN d.lease_until > nd_now() THEN d.wake_at ELSE nd_now() END
     WHERE d.generation_id = p_generation AND d.state = 'due' AND d.kind = 'result' AND d.message_id IS NULL;
    RETURN true;
END
$$;

-- migrate:down
