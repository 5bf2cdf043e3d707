glacis drill run good --scenario web-shel; glacis drill run good --technique T9999; glacis drill run good --json -s none
