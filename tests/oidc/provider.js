// A certified OpenID provider for one council's staff: node provider.js PORT REDIRECT_URI.
// Two back offices ask for tokens of their own, each in its way. Whoever signs in as "name@example.com" has that address; "unverified-…" has one that nobody checked.
import { Provider } from 'oidc-provider'

const [port, redirect] = process.argv.slice(2)
const issuer = `http://localhost:${port}`
const provider = new Provider(issuer, {
  clients: [{
    client_id: 'commonhall',
    client_secret: 'a secret of thirty-two bytes or more',
    redirect_uris: [redirect],
    post_logout_redirect_uris: [redirect.replace('/back', '')],
    grant_types: ['authorization_code'],
    response_types: ['code']
  }, ...['client_secret_post', 'client_secret_basic'].map(way => ({
    client_id: `office:${way}`,
    client_secret: 'a+secret/of%thirty-two bytes: or more=&!',
    redirect_uris: [],
    grant_types: ['client_credentials'],
    scope: 'cases',
    response_types: [],
    token_endpoint_auth_method: way
  }))],
  scopes: ['openid', 'offline_access', 'cases'],
  claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
  // The address stands in the ID token itself.
  conformIdTokenClaims: false,
  cookies: { keys: ['for tests alone'] },
  pkce: { required: () => true },
  features: { rpInitiatedLogout: { enabled: true }, clientCredentials: { enabled: true } },
  async findAccount (_ctx, sub) {
    const email = sub.replace('unverified-', '')
    return { accountId: sub, claims: async () => ({ sub, email, email_verified: !sub.startsWith('unverified-'), name: sub }) }
  }
})
provider.listen(Number(port), '127.0.0.1', () => console.log('ready'))
