// A list that grows: std::vector's everyday calls, where what does not depend on the elements' type
// is compiled once. The visitor's module holds lists of some twenty types, and std::vector's copies
// of its own growth were a third of it. One thread at a time.
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <iterator>
#include <memory>
#include <type_traits>
#include <utility>

namespace heed {

/// What lists of all types share. Places outside [0, size) hold no elements.
class AnyArray {
 protected:
  struct Type {
    std::size_t size_bytes;
    /// Moves an element to another place and ends it where it was; null where its bytes may be
    /// copied.
    void (*move)(void* to, void* from);
  };

  AnyArray() = default;
  ~AnyArray();
  AnyArray(const AnyArray&) = delete;
  AnyArray& operator=(const AnyArray&) = delete;

  void swap(AnyArray& other) noexcept;
  /// Makes places for `count` elements at `at`; the caller puts elements there.
  void* open(std::size_t at, std::size_t count, const Type& type);
  /// Closes `count` places at `at`, whose elements the caller has ended.
  void close(std::size_t at, std::size_t count, const Type& type);
  void reserve(std::size_t count, const Type& type);

  void* data_ = nullptr;
  // 32 bits each: a session holds some fifty lists, most of them short.
  std::uint32_t size_ = 0;
  std::uint32_t capacity_bytes_ = 0;
};

template <class T>
class Array : private AnyArray {
 public:
  using value_type = T;
  using iterator = T*;
  using const_iterator = const T*;

  Array() = default;
  ~Array() { std::destroy(begin(), end()); }
  Array(const Array& other) { insert(end(), other.begin(), other.end()); }
  Array(Array&& other) noexcept { swap(other); }
  Array& operator=(Array other) noexcept {
    swap(other);
    return *this;
  }
  Array(std::initializer_list<T> values) { insert(end(), values.begin(), values.end()); }
  explicit Array(std::size_t size) { resize(size); }
  Array(std::size_t size, const T& value) { resize(size, value); }
  template <class Iterator>
  requires(!std::is_arithmetic_v<Iterator>) Array(Iterator first, Iterator last) {
    insert(end(), first, last);
  }

  [[nodiscard]] T* data() { return static_cast<T*>(data_); }
  [[nodiscard]] const T* data() const { return static_cast<const T*>(data_); }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] bool empty() const { return size_ == 0; }
  [[nodiscard]] T* begin() { return data(); }
  [[nodiscard]] T* end() { return data() + size_; }
  [[nodiscard]] const T* begin() const { return data(); }
  [[nodiscard]] const T* end() const { return data() + size_; }
  [[nodiscard]] T& operator[](std::size_t index) { return data()[index]; }
  [[nodiscard]] const T& operator[](std::size_t index) const { return data()[index]; }
  [[nodiscard]] T& front() { return data()[0]; }
  [[nodiscard]] const T& front() const { return data()[0]; }
  [[nodiscard]] T& back() { return data()[size_ - 1]; }
  [[nodiscard]] const T& back() const { return data()[size_ - 1]; }

  [[nodiscard]] std::size_t capacity() const { return capacity_bytes_ / sizeof(T); }
  void reserve(std::size_t count) { AnyArray::reserve(count, type); }
  T* insert(const T* before, T value) {
    void* const place = open(static_cast<std::size_t>(before - data()), 1, type);
    return std::construct_at(static_cast<T*>(place), std::move(value));
  }
  /// Of copies of [first, last), which does not lie in this list.
  template <class Iterator>
  void insert(const T* before, Iterator first, Iterator last) {
    const auto at = static_cast<std::size_t>(before - data());
    const auto count = static_cast<std::size_t>(std::distance(first, last));
    std::uninitialized_copy(first, last, static_cast<T*>(open(at, count, type)));
  }
  void push_back(T value) {
    if (size() == capacity()) reserve(2 * size() + 1);
    std::construct_at(data() + size_, std::move(value));
    ++size_;
  }
  void pop_back() { erase(end() - 1, end()); }
  template <class... Arguments>
  T& emplace_back(Arguments&&... arguments) {
    push_back(T{std::forward<Arguments>(arguments)...});
    return back();
  }
  T* erase(const T* first, const T* last) {
    const auto at = static_cast<std::size_t>(first - data());
    const auto count = static_cast<std::size_t>(last - first);
    std::destroy_n(data() + at, count);
    close(at, count, type);
    return data() + at;
  }
  T* erase(const T* element) { return erase(element, element + 1); }
  void clear() {
    std::destroy(begin(), end());
    size_ = 0;
  }
  /// New elements are as `T{}` makes them.
  void resize(std::size_t size) {
    T* const added = stretch(size);
    if (added == nullptr) return;
    if constexpr (std::is_arithmetic_v<T> || std::is_enum_v<T>) {
      std::memset(added, 0, static_cast<std::size_t>(end() - added) * sizeof(T));
    } else {
      std::uninitialized_value_construct(added, end());
    }
  }
  void resize(std::size_t size, const T& value) {
    if (T* const added = stretch(size)) std::uninitialized_fill(added, end(), value);
  }
  /// New elements are what lies there: the caller writes them before anyone reads them.
  void resize_for_overwrite(std::size_t size) requires std::is_trivially_copyable_v<T> {
    stretch(size);
  }
  void assign(std::size_t size, const T& value) {
    clear();
    resize(size, value);
  }

  void swap(Array& other) noexcept { AnyArray::swap(other); }

  friend bool operator==(const Array& a, const Array& b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end());
  }

 private:
  /// Cuts to `size`, or opens places up to there and answers the first.
  T* stretch(std::size_t size) {
    if (size < size_) erase(begin() + size, end());
    if (size == size_) return nullptr;
    return static_cast<T*>(open(size_, size - size_, type));
  }
  static void move(void* to, void* from) {
    auto* const element = static_cast<T*>(from);
    std::construct_at(static_cast<T*>(to), std::move(*element));
    std::destroy_at(element);
  }
  static constexpr Type type{sizeof(T), std::is_trivially_copyable_v<T> ? nullptr : &move};
};

}  // namespace heed
