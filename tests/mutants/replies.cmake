# The strict reading of OpenBao's replies.
baokms_mutant_suite(replies TEST "transit_http_tests: mutant @NAME@ is caught"
  LIBS transit_http_test_objects simdjson::simdjson)

# Reads up to the first object's likely end and never looks at what follows.
baokms_mutant(end replies adapters/strict_json/strict_json.cc ""
  TESTS "transit_http mutant caught: a doubled reply is refused" "*a doubled reply is refused*"
    "transit_http mutant caught: bytes behind a reply are refused" "*bytes behind a reply are refused*"
  REPLACE "text.size()" "std::min(text.find(\"}{\"), text.rfind('}')) + 1")
baokms_mutant(token_for_a_few_calls replies adapters/transit_http/openbao/openbao_replies.cc
  "Token reply: a token for a number of calls*"
  REPLACE "if (uses.value > 0)" "if (uses.value < 0)")
baokms_mutant(second_factor_is_an_outage replies adapters/transit_http/openbao/openbao_replies.cc
  "Token reply: a second factor*"
  REPLACE "if (mfa.state == FieldState::kPresent) return" "if (false) return")
baokms_mutant(twice replies adapters/strict_json/strict_json.cc ""
  TESTS "transit_http mutant caught: a key that stands twice at any depth is refused"
    "*a key that stands twice at any depth is refused*"
  REPLACE "HasDuplicateKeys(root)" "false")

# Batches: whose result is whose.
set(batch_replies adapters/transit_http/openbao/batch_replies.cc)
baokms_mutant(batch_mixes_two_items replies ${batch_replies} "Batch reply: each item gets its own*"
  REPLACE "replies.items.push_back(ReplyOf("
    "replies.items.insert(replies.items.begin(), ReplyOf(")
baokms_mutant(batch_trusts_the_order replies ${batch_replies} "Batch reply: results that do not fit*"
  REPLACE "!= std::to_string(position++)" "== std::to_string(1000 + position++)")
baokms_mutant(batch_may_be_short replies ${batch_replies} "Batch reply: results that do not fit*"
  REPLACE "return position == items" "return position <= items")
baokms_mutant(batch_fails_with_its_item replies ${batch_replies} "Batch reply: an item that failed*"
  REPLACE "if (!results && !Succeeded(reply.status))" "if (!Succeeded(reply.status))")
baokms_mutant(batch_writes_what_it_was_sent replies ${batch_replies}
  "Batch reply: a result that cannot be read*" REPLACE "!IsPlain(ciphertext.value)" "false")
baokms_mutant(batch_is_sent_again replies ${batch_replies} "Batch reply: results settle*"
  REPLACE "return json && ResultsOf(json->root())" "return false && ResultsOf(json->root())")
baokms_mutant(batch_counts_each_share replies adapters/transit_http/openbao/transit_batch.cc
  "Transit batch: an item's failure*"
  REPLACE ".reply = std::move(reply), .took = std::nullopt" ".reply = std::move(reply), .took = call.took")
baokms_mutant(batch_of_two_tokens replies adapters/transit_http/openbao/openbao_transit_client.cc
  "Transit batch: kinds and tokens are kept apart*"
  REPLACE "post.batch_group = token.generation" "(void)token")
baokms_mutant(batch_of_probes replies adapters/transit_http/openbao/openbao_transit_client.cc
  "Transit batch: kinds and tokens are kept apart*"
  REPLACE "if (lane == core::Lane::kProbe) return" "")
set(open_call adapters/transit_http/transport/open_call.cc)
baokms_mutant(batch_answers_the_next_one replies ${open_call} "Batches: what waits leaves in one call*"
  REPLACE "std::move(shares[i])" "std::move(shares[(i + 1) % items_.size()])")
baokms_mutant(batch_of_two_groups replies adapters/transit_http/transport/io_loop.cc
  "Batches: other groups*" REPLACE ".group = request.batch_group" ".group = 0")
baokms_mutant(batch_ends_with_one_deadline replies adapters/transit_http/transport/io_loop.cc
  "Batches: a deadline ends one item*" REPLACE "if (call->waiting() > 1)" "if (false)")
