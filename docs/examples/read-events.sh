# Another system follows what happens here: it has a consumer group of its own, takes events under a lease, and
# acknowledges what it has done. What it does not acknowledge comes again.
API=http://127.0.0.1:$FREE_PORT

fanfare serve --data shop --port "$FREE_PORT" > address.txt 2> server.log &
until grep -q "$API" address.txt; do sleep 0.1; done
export FANFARE_URL=$API

ENDS=$(node -p 'new Date(Date.now() + 30 * 86400000).toISOString()')
fanfare promotion create --name "Spring sale" --discount 20 --ends "$ENDS"
TOPIC=$API/v1/events/topics/promotion.created/groups/warehouse

# A new group reads the topic from its beginning, whatever other groups have read.
curl -fsS -X PUT "$TOPIC"
lease() {
  curl -fsS "$TOPIC/lease" -H 'content-type: application/json' --data '{"maxMessages": 10, "leaseMs": 30000}'
}
lease | tee events.json
grep -q '"promotion.created"' events.json

# Acknowledge each by its id and receipt.
node -e '
  const { items } = JSON.parse(require("node:fs").readFileSync("events.json", "utf8"));
  const messages = items.map(({ messageId, receipt }) => ({ messageId, receipt }));
  process.stdout.write(JSON.stringify({ messages }));
' > ack.json
curl -fsS "$TOPIC/ack" -H 'content-type: application/json' --data @ack.json

fanfare events groups
test "$(lease)" = '{"items":[]}'
