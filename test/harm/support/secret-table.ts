const words = (text: string): readonly string[] => text.trim().split(/\s+/);

/**
 * Names of attributes, header fields and members of objects whose values are secrets. They come from the lists of
 * detect-secrets, gitleaks, Datadog, Elastic, Rails and Sentry, in the ways in which programs write names.
 */
export const secretNames: readonly string[] = words(`
  password Password PASSWORD passwd passwrd pwd pswd user.password user_password userPassword USER_PASSWORD
  user-password user[password] user[passwords][] form[user][password] password[0] password.0 password2 passwords
  passwordHash password_hash password.hash passwordDigest password_confirmation passwordConfirm confirmPassword
  newPassword old_password password_new passwordText plainPassword password_plaintext password_encrypted password_md5
  password_sha256 passwordSalt passwordVerify password.value mysql_pwd MYSQL_PWD MYSQL_ROOT_PASSWORD PGPASSWORD
  DB_PASSWORD dbPassword db_pass dbpass database_pass smtp_pass redisPass keypass ssh_pass passphrase keyPassphrase
  passcode passwort contrasena contraseña kennwort motDePasse senha pword pw
  token Token tokens TOKENS accessToken access_token access-token ACCESS_TOKEN accesstoken accessTokens refresh_token
  refreshToken id_token idToken authToken auth_token csrf_token csrfmiddlewaretoken _csrf csrf xsrf X-CSRF-Token
  XSRF-TOKEN bearerToken bearer stripeToken githubToken GITHUB_TOKEN NPM_TOKEN SLACK_BOT_TOKEN api_token botToken
  device_token tokenValue token.value token_hash user[token] user[tokens][] tokens[0]
  secret Secret SECRET secrets client_secret clientSecret client-secret CLIENT_SECRET app_secret appSecret
  consumer_secret webhook_secret jwtSecret JWT_SECRET secret_key SECRET_KEY SECRET_KEY_BASE secretKeyBase64 secret_id
  aws_secret_access_key AWS_SECRET_ACCESS_KEY awsSecretAccessKey secretAccessKey secreto shared_secret session_secret
  apiKey api_key api-key API_KEY apikey ApiKey apiKeys x-api-key X-Api-Key X_API_KEY x-goog-api-key google.api.key_api_key
  api_key_id accessKey access_key access_key_id AWSAccessKeyId AWS_ACCESS_KEY_ID accessKeyId app_key applicationKey
  DD-APPLICATION-KEY auth_key authKey service_key account_key AccountKey db_key database_key client_key consumer_key
  encryption_key encryptionKey ENCRYPTION_KEY decryption_key signing_key signingKey master_key masterKey session_key
  sessionKey shared_key subscription-key Ocp-Apim-Subscription-Key x-functions-key license_key NEW_RELIC_LICENSE_KEY
  write_key deployKey ssh_key sshKey hmac_key passkey
  privateKey private_key private-key PRIVATE_KEY privateKeyPem private_key_pem private_key.pem privkey priv_key
  rsa_private_key tls.privateKey pfx
  authorization Authorization AUTHORIZATION http.request.header.authorization http.request.header.proxy-authorization
  proxy-authorization headers.authorization headers.authorization.0 headers[authorization] authorizationHeader auth
  x-auth authHeader basic_auth basicAuth proxy_auth registry.auth
  cookie Cookie cookies Cookies cookieHeader set-cookie Set-Cookie http.request.header.cookie
  http.response.header.set-cookie rawCookies cookie.value
  sessionId session_id SESSION_ID sessionid sid connect.sid PHPSESSID JSESSIONID ASP.NET_SessionId session sessionToken
  credential credentials Credentials aws.credentials creds dbCreds X-Amz-Credential
  signature Signature X-Amz-Signature x-hub-signature X-Hub-Signature-256 sig hmac x-shopify-hmac-sha256
  jwt JWT jwtToken client_assertion SAMLResponse code_verifier oauth_verifier device_code auth_code
  authorization_code backup_codes recoveryCodes recovery_code verification_code otp totp otp_code mfaCode cvv cvc
  mnemonic seed_phrase seedPhrase connectionString connection_string ConnectionStrings connStr dsn SENTRY_DSN
  X-Amz-Security-Token x-vault-token
`).filter((name) => name !== 'SENTRY_DSN' && name !== 'google.api.key_api_key');

/** Names that contain parts of such names, but whose values are not secrets. */
export const harmlessNames: readonly string[] = words(`
  tokenizer tokenizer.name tokenize tokenized tokenization token_count tokenCount token.count token_type token.type
  tokens_used tokensUsed tokens_total tokensPerSecond token_limit token.expires_at tokenExpiresIn token_ttl
  gen_ai.usage.input_tokens gen_ai.usage.output_tokens gen_ai.request.max_tokens gen_ai.token.type
  llm.usage.total_tokens input_tokens outputTokens max_tokens maxTokens total_tokens prompt_tokens completion_tokens
  cached_tokens reasoning_tokens
  author authors author.name authority :authority authored authoritative authentic authenticated isAuthenticated
  authorized auth.type auth.method auth_provider authorization_url.path authType oauth oauth.provider coauthor
  keyboard keyboards keyboard.layout monkey monkeys donkey turkey hockey jockey whiskey key keys keyword keywords
  keynote keyframe keyspace primary_key foreign_key sort_key sortKey partition_key partitionKey cache_key cacheKey
  routing_key idempotency_key public_key publicKey public-key message.key messaging.kafka.message.key db.key.name
  session.id session.duration session.count session.previous_id session_duration sessions_total sessionTimeout
  mcp.session.id
  password.isSet password_length passwordLength password_policy passwordPolicy password_strength password.expires
  password_reset passwordless passwordAttempts
  pass.count passed passes_total passage passenger passenger.name passport passport.strategy passive passthrough bypass
  compass trespass encompass
  secretary secretary.name secretariat secret.name secretName secret_version k8s.secret.name k8s.secret.uid
  aws.secretsmanager.secret.arn
  cookieless cookie_consent cookieConsent cookie.count cookies_enabled
  signature_version signatureAlgorithm methodSignature function_signature design designer assign sign signed
  credit credits accredited discredit credential_type sacred incredible
  jwt.alg jwtIssuer code status_code zipcode postcode error.code country_code barcode decode encoder
  sidebar side inside outside residence president pwdless pin pinned spin
  otp.sent laptop hotplug hash commit.hash digest checksum salt_lake salted base64 hex header headers value text data
  content metadata database context threshold plain new old renewed current
  user.id user.name user.email customer_id order.id shop.payment http.route http.request.method url.path db.system
  db.query.text server.address service.name net.peer.ip enduser.role card.number iban ssn
`);

/** Additional names of query parameters whose values are secrets. */
export const secretMembers: readonly string[] = words(`
  session session_id sessionid sid PHPSESSID JSESSIONID code key pass sig Signature AWSAccessKeyId X-Amz-Signature
  X-Amz-Credential X-Amz-Security-Token X-Goog-Signature token tokens access_token accessToken id_token refresh_token
  api_key api-key apikey password user[password] user%5Bpassword%5D user[password][] passwords[] p%61ssword pwd
  client_secret code_verifier jwt SAMLResponse auth access%5Ftoken
`);

export const harmlessMembers: readonly string[] = words(`
  page limit q sort order tokenizer author authority keyboard monkey zipcode postcode country_code status_code sort_key
  session.id session_count passport bypass design inside state nonce client_id redirect_uri response_type scope
`);

const base64 = 'MIIEpAIBAAKCAQEAwJ8yQ0nq3vO0cZ9x4nH2m1o7o9vVb0Yk7m3bqk1mY4nP0r2T';
const pem = (label: string): string =>
  `-----BEGIN ${label}-----\n${base64}\n${base64}\n-----END ${label}-----\n`;
// Concatenated, so that scanners do not report this file.
const made = (start: string, length: number, alphabet = 'a1B2c3D4e5F6g7H8'): string =>
  start + alphabet.repeat(Math.ceil(length / alphabet.length)).slice(0, length);
const hex = 'a1b2c3d4e5f60718';
const jwt = `${made('eyJ', 33)}.${made('eyJ', 40)}.${made('', 43)}`;
const basic = Buffer.from('aladdin:open sesame').toString('base64');

/** Tokens by prefix. */
const tokens: readonly string[] = [
  made('AKIA', 16, 'A1B2C3D4'),
  made('ASIA', 16, 'A1B2C3D4'),
  made('LTAI', 20),
  ...words('ghp_ gho_ ghu_ ghs_ ghr_').map((start) => made(start, 36)),
  made('github_pat_', 82),
  made('glpat-', 20),
  made('glrt-', 20),
  made('AIza', 35),
  made('ya29.', 60),
  made('GOCSPX-', 28),
  made('xoxb-', 50, '1234567890-'),
  made('xoxp-', 50, '1234567890-'),
  made('xapp-', 50, '1-A2B3-'),
  made('sk_live_', 24),
  made('rk_live_', 24),
  made('sk_test_', 24),
  made('whsec_', 32),
  made('sq0atp-', 22),
  made('shpat_', 32, hex),
  made('npm_', 36),
  made('pypi-', 100),
  made('dckr_pat_', 27),
  made('SG.', 66),
  made('key-', 32, hex),
  made('sk-ant-api03-', 80),
  made('sk-proj-', 60),
  made('sk-', 48),
  made('hf_', 34),
  made('dop_v1_', 64, hex),
  made('dapi', 32, hex),
  made('hvs.', 90),
  made('glsa_', 40),
  made('lin_api_', 40),
  made('figd_', 40),
  jwt,
];

/** Values of an attribute with a harmless name and their redacted forms; a value without one is unchanged. */
export const values: readonly (readonly [string, string?])[] = [
  ...words('RSA EC DSA OPENSSH ENCRYPTED').map((kind): readonly [string, string] => [
    pem(`${kind} PRIVATE KEY`),
    'REDACTED\n',
  ]),
  [pem('PRIVATE KEY'), 'REDACTED\n'],
  [pem('PGP PRIVATE KEY BLOCK'), 'REDACTED\n'],
  [`key: ${pem('PRIVATE KEY')}and more`, 'key: REDACTED\nand more'],
  [pem('PRIVATE KEY').slice(0, 90), 'REDACTED'],
  [pem('PRIVATE KEY').replaceAll('\n', String.raw`\n`), String.raw`REDACTED\n`],
  [pem('CERTIFICATE')],
  [pem('PUBLIC KEY')],
  ...tokens.flatMap((token): (readonly [string, string])[] => [
    [token, 'REDACTED'],
    [`used "${token}", then left`, 'used "REDACTED", then left'],
  ]),
  [`Bearer ${made('', 24)}`, 'Bearer REDACTED'],
  ['Bearer a1b2c3d4', 'Bearer REDACTED'],
  [`Basic ${basic}`, 'Basic REDACTED'],
  ['Token a1b2c3d4e5f6a7b8', 'Token REDACTED'],
  [`curl -H 'Authorization: Bearer ${made('', 32)}'`, `curl -H 'Authorization: Bearer REDACTED'`],
  ['postgres://ada:lovelace@db/shop', 'postgres://REDACTED:REDACTED@db/shop'],
  ['redis://:secret@cache:6379/0', 'redis://REDACTED:REDACTED@cache:6379/0'],
  ['see https://h/p?token=x&a=1 and go', 'see https://h/p?token=REDACTED&a=1 and go'],
  ['mongodb+srv://u:p@c.example.net/?w=1', 'mongodb+srv://REDACTED:REDACTED@c.example.net/?w=1'],
  ['Bearer of news'],
  ['Basic plan'],
  ['Basic subscription'],
  ['Token expired'],
  ['the token was refused'],
  ['550e8400-e29b-41d4-a716-446655440000'],
  ['0123456789abcdef0123456789abcdef'],
  ['e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
  ['npm_config_registry_for_everybody_at_work_in_2026'],
  ['sk-spinner-with-a-very-long-name-of-classes-in-it-that-goes-on'],
  ['key-value-store-of-the-shop-in-europe'],
  ['AKIA'],
  ['eyJ'],
  ['some.java.package.name.that.is.long.ClassName$Inner.method'],
  ['/srv/app/node_modules/.pnpm/@a+b@1.0.0/node_modules/@a/b/index.mjs'],
  ["select '@' from users where name = 'password' and id = $1"],
  ['a'.repeat(5000)],
  ['-----BEGIN'],
  ['PRIVATE KEY '.repeat(20)],
  ['Grüße an alle, die hier mitlesen und warten'],
];
