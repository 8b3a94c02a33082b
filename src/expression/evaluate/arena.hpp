#pragma once

#include <cstddef>
#include <memory>
#include <new>
#include <vector>

#include "expression/evaluate/kernels.hpp"

namespace balmer {

/// Scratch memory of one evaluation, aligned to blocks. Taken from a store of the thread and given back, so that an evaluation inside another
/// one's loss has its own, and evaluations in a loop allocate nothing.
class Arena {
public:
    Arena() {
        if (!store().empty()) {
            memory_ = std::move(store().back());
            store().pop_back();
        }
    }
    Arena(const Arena&) = delete;
    Arena& operator=(const Arena&) = delete;
    ~Arena() {
        if (memory_.bytes) store().push_back(std::move(memory_));
    }

    /// At least `bytes` bytes; what was there before is lost.
    std::byte* reserve(std::size_t bytes) {
        if (memory_.size < bytes) {
            memory_.bytes.reset(static_cast<std::byte*>(::operator new[](bytes, std::align_val_t(kernels::block_bytes))));
            memory_.size = bytes;
        }
        return memory_.bytes.get();
    }

private:
    struct Free {
        void operator()(std::byte* bytes) const { ::operator delete[](bytes, std::align_val_t(kernels::block_bytes)); }
    };
    struct Memory {
        std::unique_ptr<std::byte[], Free> bytes;
        std::size_t size = 0;
    };
    static std::vector<Memory>& store() {
        static thread_local std::vector<Memory> kept;
        return kept;
    }

    Memory memory_;
};

/// Hands out parts of an arena one after the other, each aligned to a block.
class Carver {
public:
    explicit Carver(std::byte* at) : at_(at) {}
    template <class T>
    T* take(std::size_t count) {
        T* const result = reinterpret_cast<T*>(at_);
        at_ += bytes<T>(count);
        return result;
    }
    template <class T>
    static std::size_t bytes(std::size_t count) {
        return (count * sizeof(T) + kernels::block_bytes - 1) / kernels::block_bytes * kernels::block_bytes;
    }

private:
    std::byte* at_;
};

}  // namespace balmer
