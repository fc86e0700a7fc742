-- migrate:up

-- Generations, attempts, the step log and workers: claims under lease and fence, and transitions.

-- A function may name what a later file makes.
SET LOCAL check_function_bodies = off;

-- One video that a person asked for. The row is the truth and wake_at its timer: whoever finds it due and unleased may
-- claim it, and every later write names the fence of that claim.
CREATE TABLE generations (
    id                  uuid PRIMARY KEY,
    team_id             bigint NOT NULL REFERENCES team (id),
    member_id           bigint NOT NULL,
    platform            text NOT NULL,
    installation        text NOT NULL,
    user_id             text,
    place               text NOT NULL,
    thread              text,
    request             jsonb NOT NULL,
    tier                text NOT NULL,
    chain               text[] NOT NULL,
    prices              jsonb NOT NULL,
    state               text NOT NULL DEFAULT 'queued',
    outcome             text,
    error_class         text,
    reason              jsonb NOT NULL DEFAULT '{}',
    plan                jsonb,
    version             integer NOT NULL DEFAULT 0,
    wake_at             timestamptz,
    lease_owner         text,
    lease_until         timestamptz,
    fence               bigint NOT NULL DEFAULT 0,
    claims              smallint NOT NULL DEFAULT 0,
    start_by            timestamptz NOT NULL,
    window_ends         timestamptz,
    cancel_requested_at timestamptz,
    winner_attempt      smallint,
    consumed            bigint NOT NULL,
    settled             bigint,
    clip                jsonb,
    created_at          timestamptz NOT NULL DEFAULT nd_now(),
    updated_at          timestamptz NOT NULL DEFAULT nd_now(),
    done_at             timestamptz,
    -- The channel in whose budgets it will count; only one that waits for an admin needs to remember it.
    channel text,
    -- A generation keeps the choice that held when it was asked for.
    fallback text NOT NULL DEFAULT 'any' CONSTRAINT generations_fallback CHECK (fallback IN ('never', 'same_tier', 'any')),
    -- When nothing of a person was left in it.
    scrubbed_at timestamptz,
    -- A generation keeps the choice that held when it was asked for.
    elsewhere text NOT NULL DEFAULT 'offer' CONSTRAINT generations_elsewhere CHECK (elsewhere IN ('offer', 'go_on')),
    CONSTRAINT generations_outcome CHECK (outcome IN ('succeeded', 'failed', 'cancelled')),
    CONSTRAINT generations_done CHECK ((state = 'done') = (done_at IS NOT NULL)),
    CONSTRAINT generations_ended CHECK (state NOT IN ('delivering', 'done') OR (outcome IS NOT NULL AND settled IS NOT NULL)),
    CONSTRAINT generations_state CHECK (state IN ('asking', 'queued', 'rendering', 'storing', 'delivering', 'done'))
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02);

CREATE INDEX generations_due ON generations (wake_at) WHERE state <> 'done';
CREATE INDEX generations_queued ON generations (team_id) WHERE state = 'queued';
CREATE INDEX generations_leased ON generations (lease_owner) WHERE lease_owner IS NOT NULL;
CREATE INDEX generations_team ON generations (team_id, created_at DESC);
CREATE INDEX generations_kept ON generations (done_at) WHERE state = 'done' AND scrubbed_at IS NULL;
CREATE INDEX generations_member ON generations (member_id) WHERE scrubbed_at IS NULL;
CREATE INDEX generations_first_frame ON generations ((request ->> 'first_frame'))
 WHERE scrubbed_at IS NULL AND request ->> 'first_frame' IS NOT NULL;
CREATE INDEX generations_last_frame ON generations ((request ->> 'last_frame'))
 WHERE scrubbed_at IS NULL AND request ->> 'last_frame' IS NOT NULL;
CREATE INDEX generations_references ON generations USING gin ((request -> 'references'))
 WHERE scrubbed_at IS NULL AND request -> 'references' <> '[]';

-- What ended lately, for the figures that operators watch.
CREATE INDEX generations_ended ON generations (done_at) WHERE state = 'done';

-- The newest generations of all teams, for an operator's list. By itself, because CONCURRENTLY allows nothing beside it.
CREATE INDEX generations_newest ON generations (created_at DESC);

-- A person's own videos, newest first: for /video mine and /video cancel.
CREATE INDEX generations_own ON generations (platform, installation, user_id, created_at DESC);

-- A workspace's videos, newest first: for whoever looks for an earlier one.
CREATE INDEX generations_workspace ON generations (platform, installation, created_at DESC);

-- One try of a generation at one route. It is claimed, leased and fenced on its own, so that a late or hedged one stays
-- on watch after its generation has gone on.
CREATE TABLE attempts (
    generation_id    uuid NOT NULL REFERENCES generations (id) ON DELETE CASCADE,
    n                smallint NOT NULL,
    route            text NOT NULL,
    provider         text NOT NULL,
    model            text NOT NULL,
    external_id      uuid NOT NULL UNIQUE,
    fitted           jsonb NOT NULL,
    state            text NOT NULL DEFAULT 'intended',
    provider_task_id text,
    intended_at      timestamptz NOT NULL DEFAULT nd_now(),
    send_deadline    timestamptz NOT NULL,
    accepted_at      timestamptz,
    deadline_at      timestamptz,
    watch_until      timestamptz,
    ended_at         timestamptz,
    wake_at          timestamptz,
    lease_owner      text,
    lease_until      timestamptz,
    fence            bigint NOT NULL DEFAULT 0,
    polls            integer NOT NULL DEFAULT 0,
    progress         real,
    result           jsonb,
    error_class      text,
    error_detail     text,
    epoch            bigint NOT NULL DEFAULT 0,
    is_probe         boolean NOT NULL DEFAULT false,
    is_hedge         boolean NOT NULL DEFAULT false,
    cost_usd_micros  bigint,
    settled          boolean NOT NULL DEFAULT false,
    -- A vendor has called back about this attempt while nobody could heed it: its poll was under way, or it has no task yet.
    hinted boolean NOT NULL DEFAULT false,
    -- Where the video of an attempt is stored that is not its generation's.
    clip jsonb,
    -- failures: how many questions in a row about a running task have failed, or ended in a bug of ours.
    failures integer NOT NULL DEFAULT 0,
    -- Since when a vendor has been saying that it does not know the task of an attempt, and how many polls in a row were told
    -- so: one "not found" ends no paid task.
    missing_since timestamptz,
    -- When the vendor was last asked and said that the task was still running. A poll of ours that comes late does not make
    -- the vendor slow.
    running_at timestamptz,
    missing_polls smallint NOT NULL DEFAULT 0,
    -- What a vendor's no is about. refusal: of content_policy, {"subject": words, picture, output or unknown, "rule": common
    -- or vendor, "by_chance": bool}. error_code, error_field: the vendor's own code, and the field that it does not accept.
    refusal jsonb,
    error_code text,
    error_field text,
    -- The better providers of the chain that this was sent past, and why: [{"provider": "veo", "why": "trouble"}].
    passed jsonb NOT NULL DEFAULT '[]',
    PRIMARY KEY (generation_id, n),
    CONSTRAINT attempts_state CHECK (state IN (
        'intended', 'accepted', 'rejected', 'ambiguous', 'abandoned', 'succeeded', 'failed', 'late'))
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02);

CREATE INDEX attempts_due ON attempts (wake_at) WHERE state IN ('accepted', 'late');
CREATE INDEX attempts_leased ON attempts (lease_owner) WHERE lease_owner IS NOT NULL;
CREATE UNIQUE INDEX attempts_task ON attempts (route, provider_task_id) WHERE provider_task_id IS NOT NULL;
CREATE INDEX attempts_open ON attempts (route) WHERE state IN ('intended', 'accepted', 'ambiguous', 'late');
CREATE INDEX attempts_charged ON attempts (ended_at) WHERE cost_usd_micros > 0;
CREATE INDEX attempts_not_accepted ON attempts (route, ended_at) WHERE error_class = 'invalid_request';

-- What happened to a generation, step by step, for operators.
CREATE TABLE step_log (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    generation_id uuid NOT NULL REFERENCES generations (id) ON DELETE CASCADE,
    at            timestamptz NOT NULL DEFAULT nd_now(),
    worker        text NOT NULL,
    fence         bigint NOT NULL,
    step          text NOT NULL,
    outcome       text NOT NULL,
    facts         jsonb NOT NULL DEFAULT '{}',
    wake_at       timestamptz
);

CREATE INDEX step_log_generation ON step_log (generation_id, id);
CREATE INDEX step_log_at ON step_log (at);

-- Who is working. A worker that starts in a slot releases what an older incarnation of that slot had leased; anyone
-- releases what an owner leased that has been silent for long.
CREATE TABLE workers (
    id      text PRIMARY KEY,
    slot    text NOT NULL,
    release text NOT NULL,
    seen_at timestamptz NOT NULL DEFAULT nd_now(),
    -- No two workers share a slot. Each takes the lowest free number of its host with its first heartbeat; since: from when
    -- on its heartbeats have come without a gap.
    since timestamptz NOT NULL DEFAULT nd_now()
);

CREATE UNIQUE INDEX workers_slot ON workers (slot);

-- Takes the lease on up to p_limit due generations and raises their fences. A leased row is not due before its lease
-- ends, so wake_at moves with it: a worker that dies needs nobody to notice. The count of claims stops long before its
-- column is full: one row that is claimed for weeks must not stop the claims of all.
CREATE FUNCTION claim_generations(p_owner text, p_limit integer, p_lease interval) RETURNS SETOF generations
LANGUAGE sql VOLATILE AS $$
    UPDATE generations g
       SET lease_owner = p_owner, lease_until = until, wake_at = until, fence = g.fence + 1,
           claims = least(g.claims + 1, 10000)
      FROM (SELECT id, nd_now() + p_lease * (0.9 + 0.2 * random()) AS until
              FROM generations
             WHERE state <> 'done' AND wake_at <= nd_now() AND (lease_until IS NULL OR lease_until <= nd_now())
             ORDER BY wake_at LIMIT p_limit FOR UPDATE SKIP LOCKED) due
     WHERE g.id = due.id
    RETURNING g.*
$$;

-- Takes the lease on those of these generations that are live and free; a hint about a row that somebody works on takes
-- nothing.
CREATE FUNCTION claim_these_generations(p_ids uuid[], p_owner text, p_lease interval) RETURNS SETOF generations
LANGUAGE sql VOLATILE AS $$
    UPDATE generations g
       SET lease_owner = p_owner, lease_until = nd_now() + p_lease, wake_at = nd_now() + p_lease,
           fence = g.fence + 1, claims = least(g.claims + 1, 10000)
      FROM (SELECT id FROM generations
             WHERE id = ANY (p_ids) AND state <> 'done' AND wake_at <= nd_now()
               AND (lease_until IS NULL OR lease_until <= nd_now())
               FOR UPDATE SKIP LOCKED) due
     WHERE g.id = due.id
    RETURNING g.*
$$;

-- The same for polls.
CREATE FUNCTION claim_attempts(p_owner text, p_limit integer, p_lease interval) RETURNS SETOF attempts
LANGUAGE sql VOLATILE AS $$
    UPDATE attempts a
       SET lease_owner = p_owner, lease_until = until, wake_at = until, fence = a.fence + 1
      FROM (SELECT generation_id, n, nd_now() + p_lease * (0.9 + 0.2 * random()) AS until
              FROM attempts
             WHERE state IN ('accepted', 'late') AND wake_at <= nd_now()
               AND (lease_until IS NULL OR lease_until <= nd_now())
             ORDER BY wake_at LIMIT p_limit FOR UPDATE SKIP LOCKED) due
     WHERE a.generation_id = due.generation_id AND a.n = due.n
    RETURNING a.*
$$;

-- Gives back everything that these owners have leased: due at once, for whoever is alive.
CREATE FUNCTION release_owners(p_owners text[]) RETURNS integer
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    released integer := 0;
    moved integer;
BEGIN
    UPDATE generations SET lease_owner = NULL, lease_until = NULL, wake_at = nd_now()
     WHERE id IN (SELECT id FROM generations WHERE lease_owner = ANY (p_owners) FOR UPDATE SKIP LOCKED);
    GET DIAGNOSTICS released = ROW_COUNT;
    UPDATE attempts SET lease_owner = NULL, lease_until = NULL, wake_at = nd_now()
     WHERE (generation_id, n) IN (
           SELECT generation_id, n FROM attempts WHERE lease_owner = ANY (p_owners) FOR UPDATE SKIP LOCKED);
    GET DIAGNOSTICS moved = ROW_COUNT;
    released := released + moved;
    UPDATE deliveries SET lease_owner = NULL, lease_until = NULL, wake_at = nd_now()
     WHERE id IN (SELECT id FROM deliveries WHERE lease_owner = ANY (p_owners) FOR UPDATE SKIP LOCKED);
    GET DIAGNOSTICS moved = ROW_COUNT;
    RETURN released + moved;
END
$$;

-- Something happened that the next step wants to know: due now, or as soon as whoever works on it lets go.
CREATE FUNCTION wake_generation(p_id uuid) RETURNS integer
LANGUAGE sql VOLATILE AS $$
    UPDATE generations
       SET version = version + 1,
           wake_at = CASE WHEN lease_until > nd_now() THEN wake_at ELSE nd_now() END
     WHERE id = p_id AND state <> 'done'
    RETURNING version
$$;

-- Whoever lets go of a hinted attempt leaves it due at once: the poll in hand may have been answered before the vendor's
-- end. A trigger, because it holds for everyone who writes an attempt, workers of the previous release among them.
CREATE FUNCTION attempts_heed_hint() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    NEW.hinted := false;
    NEW.wake_at := nd_now();
    RETURN NEW;
END
$$;

CREATE TRIGGER attempts_heed_hint BEFORE UPDATE ON attempts FOR EACH ROW
    WHEN (OLD.hinted AND NEW.hinted AND NEW.lease_owner IS NULL AND NEW.state IN ('accepted', 'late'))
    EXECUTE FUNCTION attempts_heed_hint();

-- Takes a callback as a hint: the attempt is due now, or as soon as it can be. It changes nothing else, and nothing at all
-- about an attempt that has ended. status: due (the version is the generation's), kept, ended, unknown.
CREATE FUNCTION hint_attempt(p_generation uuid, p_n integer, p_route text, OUT status text, OUT version integer)
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    a attempts;
BEGIN
    SELECT * INTO a FROM attempts WHERE generation_id = p_generation AND n = p_n AND route = p_route FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        status := 'unknown';
    ELSIF a.state NOT IN ('intended', 'ambiguous', 'accepted', 'late') THEN
        status := 'ended';
    ELSIF a.state IN ('intended', 'ambiguous') OR a.lease_until > nd_now() THEN
        status := 'kept';
        UPDATE attempts SET hinted = true WHERE generation_id = p_generation AND n = p_n AND NOT hinted;
    ELSE
        status := 'due';
        UPDATE attempts SET hinted = false, wake_at = nd_now()
         WHERE generation_id = p_generation AND n = p_n AND (wake_at IS NULL OR wake_at > nd_now());
        SELECT g.version INTO version FROM generations g WHERE g.id = p_generation;
    END IF;
END
$$;

-- Lets a waiting generation go: its credits are consumed in this transaction, and it is due now. The fence moves, so that a
-- worker who has just claimed it to end it writes nothing. p_by: the member who did. Returns its new version.
CREATE FUNCTION approve_generation(p_id uuid, p_team bigint, p_consumed bigint, p_start_by interval, p_by bigint, p_request jsonb,
    p_chain text[], p_prices jsonb) RETURNS integer
LANGUAGE sql VOLATILE AS $$
    UPDATE generations
       SET state = 'queued', request = p_request, chain = p_chain, prices = p_prices, team_id = p_team, consumed = p_consumed, start_by = nd_now() + p_start_by, wake_at = nd_now(),
           lease_owner = NULL, lease_until = NULL, fence = fence + 1, claims = 0, version = version + 1,
           reason = '{}', decided_by = p_by, updated_at = nd_now()
     WHERE id = p_id AND state = 'asking'
    RETURNING version
$$;

-- Running attempts that should be done by now, as far as it has not been counted against their routes: 'p95' when older than
-- nineteen of twenty, 'very' when p_very times as old. Oldest first. How long an attempt usually takes at its route is what
-- history says of its kind, or else the route's guess (p_p95_s, in seconds, beside p_routes); other routes are left alone.
CREATE FUNCTION overdue_attempts(p_routes text[], p_p95_s double precision[], p_very double precision, p_limit integer)
RETURNS TABLE (generation_id uuid, n smallint, how_late text)
LANGUAGE sql STABLE AS $$
    WITH clock AS MATERIALIZED (SELECT nd_now() AS now), routes AS MATERIALIZED (
        SELECT r.route, r.p95_s,
               least(r.p95_s, (SELECT min(l.p95_s) FROM provider_latency_learned l WHERE l.route = r.route)) AS least_s
          FROM unnest(p_routes, p_p95_s) AS r (route, p95_s)
    ), old AS (
        -- Most are younger than any kind's p95: what kind they are of is not asked.
        SELECT a.generation_id, a.n, a.route, a.fitted, a.accepted_at, r.p95_s,
               extract(epoch FROM c.now - a.accepted_at)::double precision AS age_s
          FROM attempts a JOIN routes r ON r.route = a.route CROSS JOIN clock c
         WHERE a.state = 'accepted' AND a.accepted_at < c.now - r.least_s * interval '1 s'
    ), late AS (
        SELECT o.generation_id, o.n, o.accepted_at,
               CASE WHEN o.age_s > p_very * coalesce(l.p95_s, o.p95_s) THEN 'very' ELSE 'p95' END AS how_late
          FROM old o LEFT JOIN provider_latency_learned l
            ON l.route = o.route AND l.duration_s = (o.fitted->>'duration_s')::smallint
           AND l.lines = (o.fitted->>'lines')::smallint
           AND l.operation = CASE WHEN (o.fitted->>'framed')::boolean THEN 'image' ELSE 'text' END
         WHERE o.age_s > coalesce(l.p95_s, o.p95_s)
    )
    SELECT late.generation_id, late.n, late.how_late FROM late
     WHERE NOT EXISTS (SELECT 1 FROM provider_health_applied h
                        WHERE h.generation_id = late.generation_id AND h.n = late.n AND h.kind = 'overdue_' || late.how_late)
     ORDER BY late.accepted_at LIMIT p_limit
$$;

-- What belongs together in one step of the engine is one statement here: a step is a few round trips, not twenty.

-- One transition of a generation, by whoever holds its fence. With p_keep the lease starts anew; without it is given
-- back, and the row is due at p_wake_at, or at once if something was signalled meanwhile. Null: the fence is lost.
--
-- p_change: what becomes different besides the state: reason, plan, window_s, winner; or, for an end, outcome, settled,
-- clip, error_class, reason. p_line: a line of the step log. p_news: its open messages are to show it. p_result_key: the
-- last word is to be said, under this key.
CREATE FUNCTION transition_generation(
    p_id uuid, p_fence bigint, p_version integer, p_state text, p_wake_at timestamptz, p_keep interval,
    p_change jsonb DEFAULT NULL, p_line jsonb DEFAULT NULL, p_news boolean DEFAULT false,
    p_result_key uuid DEFAULT NULL
) RETURNS integer
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    v_version integer;
BEGIN
    UPDATE generations
       SET state = p_state,
           wake_at = CASE WHEN p_state = 'done' THEN NULL
                          WHEN p_keep IS NOT NULL THEN nd_now() + p_keep
                          WHEN version = p_version THEN p_wake_at
                          ELSE nd_now() END,
           lease_owner = CASE WHEN p_keep IS NULL THEN NULL ELSE lease_owner END,
           lease_until = CASE WHEN p_keep IS NULL THEN NULL ELSE nd_now() + p_keep END,
           version = version + CASE WHEN p_keep IS NULL THEN 1 ELSE 0 END,
           claims = 0,
           done_at = CASE WHEN p_state = 'done' THEN nd_now() END,
           updated_at = nd_now(),
           reason = coalesce(p_change -> 'reason', reason),
           plan = coalesce(p_change -> 'plan', plan),
           window_ends = coalesce(window_ends, nd_now() + make_interval(secs => (p_change ->> 'window_s')::float8)),
           winner_attempt = coalesce(winner_attempt, (p_change ->> 'winner')::smallint),
           outcome = coalesce(p_change ->> 'outcome', outcome),
           settled = coalesce((p_change ->> 'settled')::bigint, settled),
           clip = coalesce(p_change -> 'clip', clip),
           error_class = CASE WHEN p_change ? 'outcome' THEN p_change ->> 'error_class' ELSE error_class END
     WHERE id = p_id AND fence = p_fence AND state <> 'done'
    RETURNING version INTO v_version;
    IF v_version IS NULL THEN
        RETURN NULL;
    END IF;
    IF p_line IS NOT NULL THEN
        INSERT INTO step_log (generation_id, worker, fence, step, outcome, facts, wake_at)
        VALUES (p_id, p_line ->> 'worker', p_fence, p_line ->> 'step', p_line ->> 'outcome', p_line -> 'facts',
                (p_line ->> 'wake_at')::timestamptz);
    END IF;
    IF p_news THEN
        PERFORM wake_messages(p_id);
    END IF;
    IF p_result_key IS NOT NULL THEN
        INSERT INTO deliveries (generation_id, kind, key, wake_at) VALUES (p_id, 'result', p_result_key, nd_now())
        ON CONFLICT DO NOTHING;
    END IF;
    RETURN v_version;
END
$$;

-- A video ends its generation, and what it costs is settled with it: both or neither. Null: the fence is lost. A settlement
-- that moves nothing is a broken invariant.
CREATE FUNCTION end_with_video(
    p_id uuid, p_fence bigint, p_version integer, p_ending jsonb, p_line jsonb, p_result_key uuid, p_note text
) RETURNS integer
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    v_version integer := transition_generation(
        p_id, p_fence, p_version, 'delivering', NULL, NULL, p_ending, p_line, true, p_result_key
    );
    v_status text;
BEGIN
    IF v_version IS NOT NULL THEN
        SELECT s.status INTO v_status FROM settle_credits(p_id, (p_ending ->> 'settled')::bigint, p_note) s;
        IF v_status NOT IN ('ok', 'replayed') THEN
            RAISE EXCEPTION 'settle answered % for %', v_status, p_id USING ERRCODE = 'ND002';
        END IF;
    END IF;
    RETURN v_version;
END
$$;

-- News of an attempt for its route, whose row is locked from here on. No row: this was counted before; nulls: nobody
-- knows the route. The first time it is counted in its minute, and an attempt that has ended gives its slot back. blames:
-- what is on record for the attempt, and for its member lately.
CREATE FUNCTION lock_running_attempt(
    p_route text, p_generation uuid, p_n smallint, p_news text, p_ends boolean, p_classes text[],
    p_seconds double precision, p_member bigint, p_window interval
) RETURNS TABLE (now timestamptz, blames jsonb, health provider_health)
LANGUAGE plpgsql VOLATILE SET lock_timeout = '3s' AS $$
DECLARE
    v_class text;
BEGIN
    PERFORM 1 FROM provider_health h WHERE h.route = p_route FOR UPDATE;
    IF NOT FOUND THEN
        RETURN QUERY SELECT NULL::timestamptz, NULL::jsonb, NULL::provider_health;
        RETURN;
    END IF;
    INSERT INTO provider_health_applied (generation_id, n, kind) VALUES (p_generation, p_n, p_news)
    ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    IF p_ends THEN
        DELETE FROM provider_slots WHERE generation_id = p_generation AND n = p_n;
    END IF;
    FOREACH v_class IN ARRAY p_classes LOOP
        PERFORM count_outcome(p_route, v_class, p_seconds);
    END LOOP;
    RETURN QUERY
    SELECT nd_now(),
           (SELECT coalesce(jsonb_agg(to_jsonb(b)), '[]')
              FROM (SELECT o.generation_id, o.n, o.member_id, o.epoch, o.at, o.counted, o.factor
                      FROM provider_health_blame o
                     WHERE (o.generation_id, o.n, o.route) = (p_generation, p_n, p_route)
                        OR (o.route = p_route AND o.member_id = p_member AND o.at > nd_now() - p_window)) b),
           h
      FROM provider_health h WHERE h.route = p_route;
END
$$;

-- The vendor has it: on watch from now on. The lease starts anew; with p_rest it is given back, and the generation is due
-- after so long, or at once if something was signalled meanwhile. Null: the fence is lost.
-- p_together: the first poll waits for the next multiple of it, at which the polls of other tasks fall due, too; null:
-- it does not.
CREATE FUNCTION accept_attempt(
    p_id uuid, p_fence bigint, p_version integer, p_keep interval, p_line jsonb,
    p_n smallint, p_task text, p_first_poll interval, p_timeout interval, p_late interval, p_together interval,
    p_rest interval
) RETURNS integer
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    v_version integer := transition_generation(
        p_id, p_fence, p_version, 'rendering', nd_now() + p_rest, CASE WHEN p_rest IS NULL THEN p_keep END,
        p_line => p_line, p_news => true
    );
BEGIN
    IF v_version IS NOT NULL THEN
        UPDATE attempts
           SET state = 'accepted', provider_task_id = p_task, accepted_at = nd_now(),
               wake_at = coalesce(
                   to_timestamp(ceil(extract(epoch FROM nd_now() + p_first_poll) / extract(epoch FROM p_together))
                                * extract(epoch FROM p_together)),
                   nd_now() + p_first_poll
               ),
               deadline_at = least(nd_now() + p_timeout, (SELECT window_ends FROM generations WHERE id = p_id)),
               watch_until = nd_now() + p_timeout + p_late
         WHERE generation_id = p_id AND n = p_n AND state IN ('intended', 'ambiguous');
    END IF;
    RETURN v_version;
END
$$;

-- Records the end that a poll has found, wakes the generation and locks it, in the order of all locks. No row: somebody
-- else polls this attempt now, or it has ended; the caller rolls back.
CREATE FUNCTION end_attempt(
    p_id uuid, p_n smallint, p_fence bigint, p_state text, p_result jsonb, p_error_class text, p_error_detail text,
    p_usd_micros bigint
) RETURNS TABLE (at timestamptz, generation generations)
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    IF wake_generation(p_id) IS NULL THEN
        PERFORM 1 FROM generations WHERE id = p_id FOR NO KEY UPDATE;
    END IF;
    UPDATE attempts a
       SET state = p_state, result = p_result, error_class = p_error_class, error_detail = p_error_detail,
           cost_usd_micros = p_usd_micros, settled = true, ended_at = nd_now(), wake_at = NULL, lease_owner = NULL,
           lease_until = NULL, polls = a.polls + 1
     WHERE a.generation_id = p_id AND a.n = p_n AND a.fence = p_fence AND a.state IN ('accepted', 'late');
    IF FOUND THEN
        PERFORM wake_messages(p_id);
        RETURN QUERY SELECT nd_now(), g FROM generations g WHERE g.id = p_id;
    END IF;
END
$$;

-- Says that worker p_id on p_host is alive, and gives back what the dead hold. Dead are p_before, whose lock on this
-- machine p_id holds by now, and workers that have been silent for p_silence, if they could have been heard: some worker,
-- p_id or another, has been heard for as long without a gap. So nobody is dead because Postgres was away. A row that
-- somebody has locked at this moment is left, and so is its dead owner: the next heartbeat finds both again.
-- released: how many leases were given back. is_new: this heartbeat was the first, or the first since p_id counted as dead.
CREATE FUNCTION worker_heartbeat(p_id text, p_host text, p_release text, p_silence interval, p_before text DEFAULT NULL)
RETURNS TABLE (slot text, released integer, is_new boolean)
LANGUAGE plpgsql VOLATILE AS $$
#variable_conflict use_column
DECLARE
    v_slot text;
    v_released integer := 0;
    v_is_new boolean := false;
    v_dead text[];
BEGIN
    UPDATE workers w
       SET since = CASE WHEN w.seen_at < nd_now() - p_silence / 2 THEN nd_now() ELSE w.since END, seen_at = nd_now()
     WHERE w.id = p_id RETURNING w.slot INTO v_slot;
    IF v_slot IS NULL THEN
        v_is_new := true;
        -- Held until this transaction ends, so that two that start at once do not choose the same number.
        PERFORM pg_advisory_xact_lock(x'6e64534c'::bigint);  -- "ndSL"
        INSERT INTO workers AS w (id, slot, release, seen_at, since)
        SELECT p_id, p_host || '/' || min(n.n), p_release, nd_now(), nd_now()
          FROM generate_series(0, (SELECT count(*) FROM workers)) n (n)
         WHERE NOT EXISTS (SELECT 1 FROM workers o WHERE o.slot = p_host || '/' || n.n)
        RETURNING w.slot INTO v_slot;
    END IF;
    SELECT array_agg(gone.id) INTO v_dead FROM (
        SELECT w.id FROM workers w
         WHERE w.id <> p_id
           AND (w.id = p_before
                OR w.seen_at = '-infinity'
                OR w.seen_at < nd_now() - p_silence
                   AND EXISTS (SELECT 1 FROM workers o
                                WHERE o.seen_at >= nd_now() - p_silence AND o.since <= nd_now() - p_silence))
           FOR UPDATE SKIP LOCKED) gone;
    IF v_dead IS NOT NULL THEN
        v_released := release_owners(v_dead);
        DELETE FROM workers w WHERE w.id = ANY (v_dead)
           AND NOT EXISTS (SELECT 1 FROM generations o WHERE o.lease_owner = w.id)
           AND NOT EXISTS (SELECT 1 FROM attempts o WHERE o.lease_owner = w.id)
           AND NOT EXISTS (SELECT 1 FROM deliveries o WHERE o.lease_owner = w.id);
    END IF;
    RETURN QUERY SELECT v_slot, v_released, v_is_new;
END
$$;

-- The vendor has accepted an attempt, says a worker that has lost the generation since it asked. The attempt runs, or is
-- late where the generation has gone on without it; either way it is on watch. False: its task was known already.
CREATE FUNCTION answered_late(p_id uuid, p_n smallint, p_task text, p_timeout interval, p_late interval) RETURNS boolean
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    PERFORM 1 FROM generations WHERE id = p_id FOR NO KEY UPDATE;
    UPDATE attempts a
       SET state = CASE WHEN a.state = 'abandoned' OR g.winner_attempt IS NOT NULL OR g.outcome IS NOT NULL
                        THEN 'late' ELSE 'accepted' END,
           provider_task_id = p_task, accepted_at = nd_now(), wake_at = nd_now(), ended_at = NULL, settled = false,
           deadline_at = least(nd_now() + p_timeout, g.window_ends), watch_until = nd_now() + p_timeout + p_late
      FROM generations g
     WHERE g.id = p_id AND a.generation_id = p_id AND a.n = p_n AND a.provider_task_id IS NULL
       AND a.state IN ('intended', 'ambiguous', 'abandoned');
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    PERFORM wake_generation(p_id);
    RETURN true;
END
$$;

-- migrate:down
