// The fenced blocks of docs/encrypt-a-cluster.md, so that what a test does is what the page says,
// and the words that docs/runbooks/kube-apiserver-says.md has of kube-apiserver.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace baokms::e2e {

// Of this language, below this heading up to the next one of any level, in the page's order and
// without the indentation of a list.
std::vector<std::string> PageBlocks(const std::string& heading, const std::string& language);

// The words below "<!-- said: NAME -->", a line, by name.
std::map<std::string, std::string> WordsOfKubeApiServer();
// Whether a line of `text` has these words, whatever is in the place of each "...".
bool HasWords(const std::string& text, const std::string& words);

// REQUIREs that `from` is there; every one of it.
std::string Replaced(std::string text, const std::string& from, const std::string& to);

}  // namespace baokms::e2e
