# What a member's own app does: claim a coupon, look at the wallet, price a basket, read the inbox. The shop's server makes
# the token; here its part is played by a few lines of Node and a shared secret.
API=http://127.0.0.1:$FREE_PORT
export SHOP_TOKEN_SECRET=a-secret-of-at-least-thirty-two-bytes-that-nobody-else-knows
mkdir shop
cat > shop/fanfare.config.json <<'CONFIG'
{ "memberApi": {
    "keys": { "kind": "secret", "secret": { "env": "SHOP_TOKEN_SECRET" } },
    "issuer": "https://shop.example/", "audience": "fanfare", "allowedOrigins": ["https://shop.example"] } }
CONFIG

fanfare serve --data shop --port "$FREE_PORT" > address.txt 2> server.log &
until grep -q "$API" address.txt; do sleep 0.1; done
curl -fsS "$API/v1/members/imports" -H 'content-type: text/csv' --data-binary @"$EXAMPLES_DIR/members.csv" > import.json
json() { node -p "JSON.parse(require('node:fs').readFileSync(0, 'utf8')).$1"; }

# The shop makes a coupon that members claim.
OPENS=$(node -p 'new Date(Date.now() - 60_000).toISOString()')
CLOSES=$(node -p 'new Date(Date.now() + 86_400_000).toISOString()')
curl -fsS "$API/v1/coupons" -H 'content-type: application/json' --data '{
  "name": "5 off", "issue": "selfClaim", "rule": { "kind": "directCut", "cutMinor": "500" }, "currency": "CNY",
  "validity": { "kind": "days", "days": 7 }, "stock": 100, "opensAt": "'"$OPENS"'", "closesAt": "'"$CLOSES"'" }' > coupon.json
curl -fsS -X POST "$API/v1/coupons/1/activate" > active.json

# A token of five minutes for member 1003, who has logged in to the shop.
TOKEN=$(node -e '
  const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const iat = Math.floor(Date.now() / 1_000);
  const claims = { sub: "1003", iss: "https://shop.example/", aud: "fanfare", iat, exp: iat + 300 };
  const text = part({ alg: "HS256" }) + "." + part(claims);
  const mac = require("node:crypto").createHmac("sha256", process.env.SHOP_TOKEN_SECRET).update(text);
  console.log(text + "." + mac.digest("base64url"));')

# From here on the app asks by itself: who it is stands in the token and nowhere else.
ME=(-H "authorization: Bearer $TOKEN" -H 'content-type: application/json')
test "$(curl -fsS "${ME[@]}" -H 'Idempotency-Key: tap-1' -X POST "$API/v1/me/coupons/1/claims" | json outcome)" = granted
test "$(curl -fsS "${ME[@]}" "$API/v1/me/coupons?state=available" | json items.length)" = 1
test "$(curl -fsS "${ME[@]}" "$API/v1/me/quotes" --data '{
  "currency": "CNY", "lines": [{ "productId": "tea-1", "quantity": 2, "unitPriceMinor": "4900" }] }' | json payableMinor)" = 9300
test "$(curl -fsS "${ME[@]}" "$API/v1/me/inbox/unread" | json unreadCount)" = 0

# A page of another site is refused, and so is whoever has no token.
test "$(curl -sS -o /dev/null -w '%{http_code}' "${ME[@]}" -H 'origin: https://evil.example' "$API/v1/me/coupons")" = 403
test "$(curl -sS -o /dev/null -w '%{http_code}' "$API/v1/me/coupons")" = 401
