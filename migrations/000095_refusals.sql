-- migrate:up

-- What a vendor's no is about. refusal: of content_policy, {"subject": words, picture, output or unknown, "rule": common
-- or vendor, "by_chance": bool}. error_code, error_field: the vendor's own code, and the field that it does not accept.
ALTER TABLE attempts ADD COLUMN refusal jsonb, ADD COLUMN error_code text, ADD COLUMN error_field text;

-- What a workspace wants when a provider refuses a video by a rule that others do not have: offer the next one, or ask it.
ALTER TABLE workspace_settings ADD COLUMN elsewhere text NOT NULL DEFAULT 'offer'
    CONSTRAINT workspace_settings_elsewhere CHECK (elsewhere IN ('offer', 'go_on'));

-- A generation keeps the choice that held when it was asked for.
ALTER TABLE generations ADD COLUMN elsewhere text NOT NULL DEFAULT 'offer'
    CONSTRAINT generations_elsewhere CHECK (elsewhere IN ('offer', 'go_on'));

CREATE INDEX attempts_not_accepted ON attempts (route, ended_at) WHERE error_class = 'invalid_request';

-- How many people a route has told lately that it does not accept their request: several within minutes mean that the
-- vendor has changed what it accepts.
CREATE FUNCTION people_not_accepted(p_route text, p_within interval) RETURNS int LANGUAGE sql STABLE AS $$
    SELECT count(DISTINCT g.member_id)::int
      FROM attempts a JOIN generations g ON g.id = a.generation_id
     WHERE a.route = p_route AND a.error_class = 'invalid_request' AND a.ended_at > nd_now() - p_within
$$;

-- migrate:down
