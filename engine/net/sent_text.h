// A text on its way to a client: one's own, one shared with others who get the same, or one that is
// there for good.
//
// A value, cheap to move and to copy; no socket library here. The text stays as long as any of
// those it goes to takes it in.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace mm::net {

class SentText {
 public:
  SentText() = default;
  SentText(std::string own) : SentText(std::make_shared<const std::string>(std::move(own))) {}
  SentText(std::shared_ptr<const std::string> shared) : text_(*shared), owner_(std::move(shared)) {}
  static SentText lasting(std::string_view text) {
    SentText sent;
    sent.text_ = text;
    return sent;
  }

  std::string_view view() const { return text_; }

 private:
  std::string_view text_;
  std::shared_ptr<const std::string> owner_;
};

}  // namespace mm::net
