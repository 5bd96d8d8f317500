# A member's inbox, as a shop's app shows it: the page, the count of what is unread, the mark. With curl alone.
API=http://127.0.0.1:$FREE_PORT

fanfare serve --data shop --port "$FREE_PORT" > address.txt 2> server.log &
until grep -q "$API" address.txt; do sleep 0.1; done
curl -fsS "$API/v1/members/imports" -H 'content-type: text/csv' --data-binary @"$EXAMPLES_DIR/members.csv" > import.json

# Two messages: one to everybody, one to level 3 and above.
export FANFARE_URL=$API
fanfare campaign create --name "Opening" --channel inbox --title "We are open" --body "Hi {{member.name|there}}!"
fanfare campaign dry-run 1
fanfare campaign launch 1 --confirm=5 --watch
fanfare campaign create --name "Preview" --channel inbox --where "level >= 3" --title "See it first" --body "For you."
fanfare campaign dry-run 2
fanfare campaign launch 2 --confirm=3 --watch

# Newest first. Anna, of level 3, has both; 张敏, of level 1, has one.
curl -fsS "$API/v1/members/1003/inbox"
test "$(curl -fsS "$API/v1/members/1003/inbox/unread" | tr -dc 0-9)" = 2
test "$(curl -fsS "$API/v1/members/1004/inbox/unread" | tr -dc 0-9)" = 1

# Read one, then all.
curl -fsS -X PUT "$API/v1/members/1003/inbox/2/read"
test "$(curl -fsS "$API/v1/members/1003/inbox/unread" | tr -dc 0-9)" = 1
curl -fsS -X PUT "$API/v1/members/1003/inbox/read"
test "$(curl -fsS "$API/v1/members/1003/inbox/unread" | tr -dc 0-9)" = 0
