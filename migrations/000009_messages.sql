-- migrate:up

-- Messages of generations, and links to clips.

-- A function may name what a later file makes.
SET LOCAL check_function_bodies = off;

-- What is to be said in which thread. Posting stores ids as they come, so that nothing is said twice.
CREATE TABLE deliveries (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    generation_id uuid NOT NULL REFERENCES generations (id) ON DELETE CASCADE,
    kind          text NOT NULL,
    key           uuid NOT NULL UNIQUE,
    state         text NOT NULL DEFAULT 'due',
    wake_at       timestamptz,
    lease_owner   text,
    lease_until   timestamptz,
    fence         bigint NOT NULL DEFAULT 0,
    tries         integer NOT NULL DEFAULT 0,
    version       integer NOT NULL DEFAULT 0,
    thread        text,
    message_id    text,
    memory        jsonb NOT NULL DEFAULT '{}',
    digest        text,
    created_at    timestamptz NOT NULL DEFAULT nd_now(),
    posted_at     timestamptz,
    -- A video that came after its generation was over is offered as an extra take: a message of its own, one for each attempt.
    -- Messages about the generation itself belong to attempt 0.
    attempt smallint NOT NULL DEFAULT 0,
    -- crashes: how often in a row work on a message has ended in a bug of ours; more than a few make it poison.
    crashes integer NOT NULL DEFAULT 0,
    -- When a message that did not fit has its turn, which it keeps.
    turn_at timestamptz,
    CONSTRAINT deliveries_state CHECK (state IN ('due', 'done', 'gone')),
    CONSTRAINT deliveries_kind CHECK (kind IN ('root', 'progress', 'result', 'extra'))
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02);

CREATE INDEX deliveries_due ON deliveries (wake_at) WHERE state = 'due';
CREATE INDEX deliveries_gone ON deliveries (created_at DESC) WHERE state = 'gone';
CREATE INDEX deliveries_leased ON deliveries (lease_owner) WHERE lease_owner IS NOT NULL;

-- One message of a kind for each attempt. By itself, because CONCURRENTLY allows nothing beside it.
CREATE UNIQUE INDEX deliveries_of_attempt ON deliveries (generation_id, kind, attempt);

-- What is due besides edits of the progress, so that a claim finds it however many edits wait. By itself, because
-- CONCURRENTLY allows nothing beside it.
CREATE INDEX deliveries_first ON deliveries (wake_at) WHERE state = 'due' AND kind <> 'progress';

-- The address under which a clip can be watched: one for each generation, for ever. One that was revoked stays so.
CREATE TABLE clip_link (
    id            uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    generation_id uuid NOT NULL UNIQUE REFERENCES generations (id) ON DELETE CASCADE,
    created_at    timestamptz NOT NULL DEFAULT nd_now(),
    expires_at    timestamptz NOT NULL,
    revoked_at    timestamptz
);

-- What the chat platforms still take, by the key of each of their limits: shared by all processes. Losing it in a crash
-- of the database costs a burst at most, so it is not logged.
CREATE UNLOGGED TABLE chat_budget (
    key          text PRIMARY KEY,
    spent_until  timestamptz NOT NULL,
    closed_until timestamptz NOT NULL
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.02);

-- Channels in which results could not be posted lately: so many in a row. One that arrives forgets them. While there are two,
-- a platform that can check its channels takes no request there until a check has passed.
CREATE TABLE channel_trouble (
    platform     text NOT NULL,
    installation text NOT NULL,
    channel      text NOT NULL,
    undelivered  integer NOT NULL DEFAULT 0,
    checked_at   timestamptz,
    PRIMARY KEY (platform, installation, channel)
);

-- Takes the lease on up to p_limit messages that are due: results and extra takes first, then roots, edits of the progress
-- last.
CREATE FUNCTION claim_deliveries(p_owner text, p_limit integer, p_lease interval) RETURNS SETOF deliveries
LANGUAGE sql VOLATILE AS $$
    WITH first AS (
        SELECT id FROM deliveries
         WHERE state = 'due' AND kind <> 'progress' AND wake_at <= nd_now()
           AND (lease_until IS NULL OR lease_until <= nd_now())
         ORDER BY kind = 'root', wake_at LIMIT p_limit FOR UPDATE SKIP LOCKED
    ), rest AS (
        SELECT id FROM deliveries
         WHERE state = 'due' AND kind = 'progress' AND wake_at <= nd_now()
           AND (lease_until IS NULL OR lease_until <= nd_now())
         ORDER BY wake_at LIMIT (SELECT p_limit - count(*) FROM first) FOR UPDATE SKIP LOCKED
    )
    UPDATE deliveries d
       SET lease_owner = p_owner, lease_until = until, wake_at = until, fence = d.fence + 1, tries = d.tries + 1
      FROM (SELECT id, nd_now() + p_lease * (0.9 + 0.2 * random()) AS until
              FROM (SELECT id FROM first UNION ALL SELECT id FROM rest) both_kinds) due
     WHERE d.id = due.id
    RETURNING d.*
$$;

-- Something changed that the open messages of a generation should show: due now, or when their holder lets go.
CREATE FUNCTION wake_messages(p_id uuid) RETURNS void
LANGUAGE sql VOLATILE AS $$
    UPDATE deliveries
       SET version = version + 1, wake_at = CASE WHEN lease_until > nd_now() THEN wake_at ELSE nd_now() END
     WHERE generation_id = p_id AND state = 'due' AND kind <> 'root'
$$;

-- A message is up. p_again: it is looked at again after so long whether it needs an edit; null: it is done. p_wakes: the
-- generation that waits for it. Null: the claim was lost.
CREATE FUNCTION message_posted(
    p_id bigint, p_fence bigint, p_version integer, p_message text, p_thread text, p_digest text, p_again interval,
    p_wakes uuid
) RETURNS bigint
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    v_id bigint;
BEGIN
    IF p_wakes IS NOT NULL THEN
        -- Generations are locked before their messages.
        PERFORM 1 FROM generations WHERE id = p_wakes FOR NO KEY UPDATE;
    END IF;
    UPDATE deliveries
       SET message_id = p_message, thread = p_thread, digest = p_digest, tries = 0, crashes = 0, lease_owner = NULL,
           lease_until = NULL, posted_at = coalesce(posted_at, nd_now()),
           state = CASE WHEN p_again IS NULL THEN 'done' ELSE 'due' END,
           wake_at = CASE WHEN p_again IS NULL THEN NULL WHEN version = p_version THEN nd_now() + p_again ELSE nd_now() END
     WHERE id = p_id AND fence = p_fence RETURNING id INTO v_id;
    IF v_id IS NOT NULL AND p_wakes IS NOT NULL THEN
        PERFORM wake_generation(p_wakes);
    END IF;
    RETURN v_id;
END
$$;

-- A root message is up and its thread open: all that waits for a thread is due, after p_pause. Null: the claim was lost.
CREATE FUNCTION thread_opened(
    p_id bigint, p_fence bigint, p_generation uuid, p_thread text, p_message text, p_pause interval
) RETURNS bigint
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    v_id bigint;
BEGIN
    PERFORM 1 FROM generations WHERE id = p_generation FOR NO KEY UPDATE;
    v_id := message_posted(p_id, p_fence, 0, p_message, p_thread, '', NULL, NULL);
    IF v_id IS NOT NULL THEN
        UPDATE generations SET thread = p_thread WHERE id = p_generation;
        UPDATE deliveries
           SET version = version + 1, wake_at = CASE WHEN lease_until > nd_now() THEN wake_at ELSE nd_now() + p_pause END
         WHERE generation_id = p_generation AND state = 'due' AND kind <> 'root';
    END IF;
    RETURN v_id;
END
$$;

-- thread_opened for many, in one transaction. Returns the ids whose claim was not lost. Generations are locked in one order.
CREATE FUNCTION threads_opened(
    p_ids bigint[], p_fences bigint[], p_generations uuid[], p_threads text[], p_messages text[], p_pause interval
) RETURNS SETOF bigint
LANGUAGE sql VOLATILE AS $$
    SELECT o.id FROM (SELECT * FROM unnest(p_ids, p_fences, p_generations, p_threads, p_messages)
                             AS u (id, fence, generation, thread, message) ORDER BY u.generation) u,
           LATERAL thread_opened(u.id, u.fence, u.generation, u.thread, u.message, p_pause) AS o (id)
     WHERE o.id IS NOT NULL
$$;

-- Work on a message has ended in a bug of ours: it is tried again in p_in, or after p_most of them in a row given up, with
-- its generation woken, which pays back. With a root goes all that waits for its thread. True: it has been given up. Null:
-- the claim was lost.
CREATE FUNCTION crashed_message(
    p_id bigint, p_fence bigint, p_generation uuid, p_in interval, p_most integer
) RETURNS boolean
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    v_over boolean;
    v_kind text;
BEGIN
    PERFORM 1 FROM generations WHERE id = p_generation FOR NO KEY UPDATE;
    UPDATE deliveries
       SET crashes = crashes + 1, lease_owner = NULL, lease_until = NULL, wake_at = nd_now() + p_in
     WHERE id = p_id AND fence = p_fence AND state = 'due' RETURNING crashes > p_most, kind INTO v_over, v_kind;
    IF v_over THEN
        UPDATE deliveries SET state = 'gone', wake_at = NULL, lease_owner = NULL, lease_until = NULL, fence = fence + 1
         WHERE generation_id = p_generation AND state = 'due' AND (id = p_id OR v_kind = 'root');
        PERFORM wake_generation(p_generation);
    END IF;
    RETURN v_over;
END
$$;

-- Seconds until a message may be sent; 0: now, and its turn is taken from every limit that it counts against. Later turns
-- are kept in the message's row. With p_kept (how much of each burst is left alone) it gets no turn, only what is spare.
-- p_gate closes everything. Locks are taken in the order of the keys. core/domain/chat/pacing.py says the same in Python.
CREATE FUNCTION take_turn(
    p_delivery bigint, p_gate text, p_keys text[], p_bursts integer[], p_every double precision[], p_kept integer[]
) RETURNS double precision
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    v_now timestamptz := nd_now();
    v_turn timestamptz := nd_now();
    v_closed timestamptz;
    v_kept timestamptz;
    l record;
    b chat_budget;
BEGIN
    SELECT closed_until INTO v_closed FROM chat_budget WHERE key = p_gate;
    IF p_kept IS NULL THEN
        SELECT turn_at INTO v_kept FROM deliveries WHERE id = p_delivery;
    END IF;
    FOR l IN SELECT u.key, u.burst, u.every, coalesce(u.kept, 0) AS kept
               FROM unnest(p_keys, p_bursts, p_every, p_kept) AS u (key, burst, every, kept) ORDER BY u.key
    LOOP
        INSERT INTO chat_budget AS c (key, spent_until, closed_until) VALUES (l.key, v_now, v_now)
        ON CONFLICT (key) DO UPDATE SET spent_until = greatest(c.spent_until, c.closed_until, v_now) RETURNING * INTO b;
        v_closed := greatest(v_closed, b.closed_until);
        v_turn := greatest(v_turn, b.closed_until,
                           b.spent_until - (l.burst - 1 - l.kept) * make_interval(secs => l.every));
    END LOOP;
    v_turn := greatest(v_turn, v_closed);
    IF v_kept <= v_now AND NOT v_closed > v_now THEN
        UPDATE deliveries SET turn_at = NULL WHERE id = p_delivery;
        RETURN 0;
    ELSIF v_kept > v_now AND v_kept >= v_closed THEN
        RETURN extract(epoch FROM v_kept - v_now);
    ELSIF p_kept IS NOT NULL AND v_turn > v_now THEN
        RETURN extract(epoch FROM v_turn - v_now);
    END IF;
    UPDATE chat_budget c SET spent_until = greatest(c.spent_until, v_turn) + make_interval(secs => u.every)
      FROM unnest(p_keys, p_every) AS u (key, every) WHERE c.key = u.key;
    IF v_turn > v_now THEN
        UPDATE deliveries SET turn_at = v_turn WHERE id = p_delivery;
    END IF;
    RETURN extract(epoch FROM v_turn - v_now);
END
$$;

-- Counts messages against limits that they do not wait for. p_spends: [{"key": text, "burst": calls at once, "every_s": seconds
-- between two}], one for each message and limit; null: none. At most a burst is spent so: what has to wait for its turn, such
-- as a result, does not wait for all of them, and what goes from what is left finds nothing.
CREATE FUNCTION spend_budgets(p_spends jsonb) RETURNS void
LANGUAGE sql VOLATILE AS $$
    INSERT INTO chat_budget AS c (key, spent_until, closed_until)
    SELECT s.key, nd_now() + make_interval(secs => least(sum(s.every_s), max(s.burst * s.every_s))), nd_now()
      FROM jsonb_to_recordset(p_spends) AS s (key text, burst integer, every_s double precision)
     GROUP BY s.key ORDER BY s.key
    ON CONFLICT (key) DO UPDATE
       SET spent_until = greatest(c.spent_until, least(
               greatest(c.spent_until, nd_now()) + (excluded.spent_until - nd_now()),
               nd_now() + (SELECT max(s.burst * s.every_s) * interval '1 second'
                             FROM jsonb_to_recordset(p_spends) AS s (key text, burst integer, every_s double precision)
                            WHERE s.key = excluded.key)))
$$;

-- A platform said to wait: nothing goes against these limits for so long, whoever would send it.
CREATE FUNCTION close_budgets(p_keys text[], p_for interval) RETURNS void
LANGUAGE sql VOLATILE AS $$
    INSERT INTO chat_budget AS c (key, spent_until, closed_until)
    SELECT key, nd_now(), nd_now() + p_for FROM unnest(p_keys) AS key ORDER BY key
    ON CONFLICT (key) DO UPDATE SET closed_until = greatest(c.closed_until, excluded.closed_until)
$$;

-- Forgets the limits that nothing is owed to. Returns how many.
CREATE FUNCTION sweep_budgets() RETURNS integer
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    v_swept integer;
BEGIN
    DELETE FROM chat_budget WHERE key IN (
           SELECT key FROM chat_budget WHERE greatest(spent_until, closed_until) < nd_now() - interval '1 hour'
            ORDER BY key LIMIT 1000 FOR UPDATE SKIP LOCKED);
    GET DIAGNOSTICS v_swept = ROW_COUNT;
    RETURN v_swept;
END
$$;

-- The place is closed to a generation's messages: all that is still to be said is said in another thread from now on. A
-- message that is up stays where it is, and is edited once more, so that it tells where the rest went. p_told: what the
-- messages remember of it. A root that is not up is given up. Null: the claim was lost.
CREATE FUNCTION redirect_messages(p_id bigint, p_fence bigint, p_generation uuid, p_thread text, p_told jsonb)
    RETURNS boolean
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    PERFORM 1 FROM generations WHERE id = p_generation FOR NO KEY UPDATE;
    PERFORM 1 FROM deliveries WHERE id = p_id AND fence = p_fence FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    UPDATE generations SET thread = p_thread WHERE id = p_generation;
    UPDATE deliveries d
       SET memory = CASE WHEN d.message_id IS NULL THEN (d.memory - ARRAY['plain', 'form', 'size_max', 'look']) || p_told
                         ELSE d.memory || p_told END,
           tries = CASE WHEN d.message_id IS NULL THEN 0 ELSE d.tries END,
           state = CASE WHEN d.kind = 'root' THEN 'gone' ELSE 'due' END,
           lease_owner = NULL, lease_until = NULL, turn_at = NULL, fence = d.fence + 1, version = d.version + 1,
           wake_at = CASE WHEN d.kind = 'root' THEN NULL ELSE nd_now() END
     WHERE d.generation_id = p_generation
       AND (d.state = 'due' OR d.kind = 'progress' AND d.state = 'done' AND d.message_id IS NOT NULL);
    RETURN true;
END
$$;

-- What is to be said after its generation was sent elsewhere knows of it, as far down as that went.
CREATE FUNCTION deliveries_follow() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    v_told jsonb;
BEGIN
    SELECT jsonb_build_object('where', d.memory -> 'where', 'why', d.memory -> 'why') INTO v_told
      FROM deliveries d WHERE d.generation_id = NEW.generation_id AND d.memory ? 'where'
     ORDER BY array_position(ARRAY['channel', 'follow_up', 'direct'], d.memory ->> 'where') DESC LIMIT 1;
    NEW.memory := NEW.memory || coalesce(v_told, '{}');
    RETURN NEW;
END
$$;

CREATE TRIGGER deliveries_follow BEFORE INSERT ON deliveries FOR EACH ROW
    WHEN (NEW.kind IN ('result', 'extra')) EXECUTE FUNCTION deliveries_follow();

-- A trigger of `deliveries`: counts a result that went to the person directly or nowhere, and forgets the count when one has
-- arrived where it was asked for.
CREATE FUNCTION count_channel_trouble() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    g record;
BEGIN
    SELECT platform, installation, channel INTO g FROM generations WHERE id = NEW.generation_id;
    IF g.channel IS NULL THEN
        RETURN NULL;
    ELSIF NEW.state = 'gone' OR NEW.memory ->> 'where' = 'direct' THEN
        INSERT INTO channel_trouble AS c (platform, installation, channel, undelivered)
        VALUES (g.platform, g.installation, g.channel, 1)
        ON CONFLICT (platform, installation, channel) DO UPDATE SET undelivered = c.undelivered + 1;
    ELSE
        DELETE FROM channel_trouble c
         WHERE c.platform = g.platform AND c.installation = g.installation AND c.channel = g.channel;
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER deliveries_trouble AFTER UPDATE OF state ON deliveries
    FOR EACH ROW WHEN (NEW.kind = 'result' AND OLD.state = 'due' AND NEW.state IN ('done', 'gone'))
    EXECUTE FUNCTION count_channel_trouble();

-- A check of the channel has passed: one more undelivered result closes it again. False: it is still closed, because it was
-- checked within p_least already.
CREATE FUNCTION reopen_channel(p_platform text, p_installation text, p_channel text, p_least interval) RETURNS boolean
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    UPDATE channel_trouble SET undelivered = 1, checked_at = nd_now()
     WHERE platform = p_platform AND installation = p_installation AND channel = p_channel
       AND (undelivered < 2 OR checked_at IS NULL OR checked_at < nd_now() - p_least);
    RETURN FOUND;
END
$$;

-- migrate:down
