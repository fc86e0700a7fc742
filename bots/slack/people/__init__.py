"""Who somebody is in a workspace of Slack, what they may do there, and who may read along."""
