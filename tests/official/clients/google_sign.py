"""Signs an object's address as Google's own client does: key file, bucket, object, seconds, moment, endpoint."""

import sys
from urllib.parse import quote

from google.cloud.storage._signing import generate_signed_url_v4
from google.oauth2.service_account import Credentials

key_file, bucket, name, for_s, moment, endpoint = sys.argv[1:]
credentials = Credentials.from_service_account_file(key_file)
sys.stdout.write(
    generate_signed_url_v4(
        credentials,
        f"/{bucket}/{quote(name, safe='/~')}",
        int(for_s),
        api_access_endpoint=endpoint,
        _request_timestamp=moment,
    )
)
