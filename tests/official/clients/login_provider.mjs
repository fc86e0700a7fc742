// A login provider by panva's oidc-provider: certified, and nobody's here. Its own pages for development take any name.
import { Provider } from 'oidc-provider'

const [port, back] = process.argv.slice(-2)
const groups = { 'ana@example.org': ['video-operators'], 'ben@example.org': ['sales'] }
const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [
    {
      client_id: 'neverdark',
      client_secret: 'a secret of the client',
      redirect_uris: [back],
      token_endpoint_auth_method: 'client_secret_basic',
    },
  ],
  claims: { openid: ['sub'], email: ['email', 'email_verified'], groups: ['groups'] },
  pkce: { required: () => true },
  cookies: { keys: ['a key for cookies that nobody knows'] },
  findAccount: async (_, id) => ({
    accountId: id,
    claims: async () => ({
      sub: id,
      email: id,
      email_verified: !id.startsWith('unproven'),
      groups: groups[id] ?? [],
    }),
  }),
})
provider.listen(Number(port), '127.0.0.1', () => console.log('ready'))
