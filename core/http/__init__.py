"""HTTP calls to other servers, limited in time and bytes; every failure of a vendor's is a ProviderError."""
