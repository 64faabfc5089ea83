// A certified OpenID provider for one council's staff: node provider.js PORT REDIRECT_URI.
// Whoever signs in as "name@example.com" has that address; "unverified-…" has one that nobody checked.
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
  }],
  claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
  // The address stands in the ID token itself.
  conformIdTokenClaims: false,
  cookies: { keys: ['for tests alone'] },
  pkce: { required: () => true },
  features: { rpInitiatedLogout: { enabled: true } },
  async findAccount (_ctx, sub) {
    const email = sub.replace('unverified-', '')
    return { accountId: sub, claims: async () => ({ sub, email, email_verified: !sub.startsWith('unverified-'), name: sub }) }
  }
})
provider.listen(Number(port), '127.0.0.1', () => console.log('ready'))
