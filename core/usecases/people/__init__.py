"""What a workspace's admins decide."""
