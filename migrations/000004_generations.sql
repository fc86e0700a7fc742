-- migrate:up

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
    CONSTRAINT generations_state CHECK (state IN ('queued', 'rendering', 'storing', 'delivering', 'done')),
    CONSTRAINT generations_outcome CHECK (outcome IN ('succeeded', 'failed', 'cancelled')),
    CONSTRAINT generations_done CHECK ((state = 'done') = (done_at IS NOT NULL)),
    CONSTRAINT generations_ended CHECK (state NOT IN ('delivering', 'done') OR (outcome IS NOT NULL AND settled IS NOT NULL))
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02);

CREATE INDEX generations_due ON generations (wake_at) WHERE state <> 'done';
CREATE INDEX generations_leased ON generations (lease_owner) WHERE lease_owner IS NOT NULL;
CREATE INDEX generations_team ON generations (team_id, created_at DESC);

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
    PRIMARY KEY (generation_id, n),
    CONSTRAINT attempts_state CHECK (state IN (
        'intended', 'accepted', 'rejected', 'ambiguous', 'abandoned', 'succeeded', 'failed', 'late'))
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02);

CREATE INDEX attempts_due ON attempts (wake_at) WHERE state IN ('accepted', 'late');
CREATE INDEX attempts_leased ON attempts (lease_owner) WHERE lease_owner IS NOT NULL;
CREATE UNIQUE INDEX attempts_task ON attempts (route, provider_task_id) WHERE provider_task_id IS NOT NULL;
CREATE INDEX attempts_open ON attempts (route) WHERE state IN ('intended', 'accepted', 'ambiguous', 'late');

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
    tries         smallint NOT NULL DEFAULT 0,
    version       integer NOT NULL DEFAULT 0,
    thread        text,
    message_id    text,
    memory        jsonb NOT NULL DEFAULT '{}',
    digest        text,
    created_at    timestamptz NOT NULL DEFAULT nd_now(),
    posted_at     timestamptz,
    UNIQUE (generation_id, kind),
    CONSTRAINT deliveries_kind CHECK (kind IN ('root', 'progress', 'result')),
    CONSTRAINT deliveries_state CHECK (state IN ('due', 'done', 'gone'))
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02);

CREATE INDEX deliveries_due ON deliveries (wake_at) WHERE state = 'due';
CREATE INDEX deliveries_leased ON deliveries (lease_owner) WHERE lease_owner IS NOT NULL;

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

-- Who is working. A worker that starts in a slot releases what an older incarnation of that slot had leased; anyone
-- releases what an owner leased that has been silent for long.
CREATE TABLE workers (
    id      text PRIMARY KEY,
    slot    text NOT NULL,
    release text NOT NULL,
    seen_at timestamptz NOT NULL DEFAULT nd_now()
);

-- Takes the lease on up to p_limit due generations and raises their fences. A leased row is not due before its lease
-- ends, so wake_at moves with it: a worker that dies needs nobody to notice.
CREATE FUNCTION claim_generations(p_owner text, p_limit integer, p_lease interval) RETURNS SETOF generations
LANGUAGE sql VOLATILE AS $$
    UPDATE generations g
       SET lease_owner = p_owner, lease_until = until, wake_at = until, fence = g.fence + 1, claims = g.claims + 1
      FROM (SELECT id, nd_now() + p_lease * (0.9 + 0.2 * random()) AS until
              FROM generations
             WHERE state <> 'done' AND wake_at <= nd_now() AND (lease_until IS NULL OR lease_until <= nd_now())
             ORDER BY wake_at LIMIT p_limit FOR UPDATE SKIP LOCKED) due
     WHERE g.id = due.id
    RETURNING g.*
$$;

-- Takes the lease on one generation, if it is live and free; a hint about a row that somebody works on takes nothing.
CREATE FUNCTION claim_generation(p_id uuid, p_owner text, p_lease interval) RETURNS SETOF generations
LANGUAGE sql VOLATILE AS $$
    UPDATE generations g
       SET lease_owner = p_owner, lease_until = nd_now() + p_lease, wake_at = nd_now() + p_lease,
           fence = g.fence + 1, claims = g.claims + 1
      FROM (SELECT id FROM generations
             WHERE id = p_id AND state <> 'done' AND wake_at <= nd_now()
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

-- The same for what is to be said. Only a root can be said before there is a thread.
CREATE FUNCTION claim_deliveries(p_owner text, p_limit integer, p_lease interval) RETURNS SETOF deliveries
LANGUAGE sql VOLATILE AS $$
    UPDATE deliveries d
       SET lease_owner = p_owner, lease_until = until, wake_at = until, fence = d.fence + 1, tries = d.tries + 1
      FROM (SELECT id, nd_now() + p_lease * (0.9 + 0.2 * random()) AS until
              FROM deliveries
             WHERE state = 'due' AND wake_at <= nd_now() AND (lease_until IS NULL OR lease_until <= nd_now())
             ORDER BY wake_at LIMIT p_limit FOR UPDATE SKIP LOCKED) due
     WHERE d.id = due.id
    RETURNING d.*
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

-- Says that worker p_id in p_slot is alive, and gives back what the dead hold: older incarnations of its slot, and
-- workers that have been silent for p_silence. Returns how many leases were given back.
CREATE FUNCTION worker_heartbeat(p_id text, p_slot text, p_release text, p_silence interval) RETURNS integer
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    dead text[];
BEGIN
    INSERT INTO workers (id, slot, release, seen_at) VALUES (p_id, p_slot, p_release, nd_now())
    ON CONFLICT (id) DO UPDATE SET seen_at = nd_now();
    WITH gone AS (
        DELETE FROM workers WHERE id IN (
            SELECT id FROM workers WHERE id <> p_id AND (slot = p_slot OR seen_at < nd_now() - p_silence)
               FOR UPDATE SKIP LOCKED)
        RETURNING id)
    SELECT array_agg(id) INTO dead FROM gone;
    IF dead IS NULL THEN
        RETURN 0;
    END IF;
    RETURN release_owners(dead);
END
$$;

-- Ends a claim: writes what the holder decided, if it still holds the fence. A signal that came meanwhile (the version
-- moved) wakes the row at once. Returns the new version, or nothing when the claim was lost.
CREATE FUNCTION commit_generation(
    p_id uuid, p_fence bigint, p_version integer, p_state text, p_wake_at timestamptz, p_keep interval DEFAULT NULL
) RETURNS integer
LANGUAGE sql VOLATILE AS $$
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
           updated_at = nd_now()
     WHERE id = p_id AND fence = p_fence AND state <> 'done'
    RETURNING version
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

-- migrate:down
