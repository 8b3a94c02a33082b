#pragma once

#include <string>

#include "balmer/search.hpp"

namespace balmer {

/// Hears everything, says nothing, counts the improvements.
class Silent final : public Observer {
public:
    void improved(const Progress&, const Candidate&) override { ++improved_; }
    void progressed(const Progress&) override {}
    void checkpoint(const std::string&) override {}
    bool checkpoint_due() override { return false; }
    int improved_ = 0;
};

}  // namespace balmer
