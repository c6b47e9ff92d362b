// The three linear maps of Winograd convolution along one axis, F(m, 3): m outputs from m + 2
// inputs with m + 2 products in place of 3 m (Lavin and Gray, "Fast Algorithms for Convolutional
// Neural Networks", 2016). Maps compose axis by axis, so a 2-D kernel applies one along rows, then
// one along columns:
//
//   y = At [ (G g) . (Bt d) ]            input() = Bt, kernel() = G, output() = At
//   dg = Gt [ (Bt d) . (A dy) ]          gradient() = A, kernel_gradient() = Gt
//
// Everything works on registers of V: one channel a lane.
#pragma once

namespace burin::kernels {
namespace {

// Points 0, 1, -1, 2, -2, infinity. 2-D: 36 products for 16 outputs of 9 taps, 4 times fewer.
// Relative L2 error about 1e-6 for 64 channels in f32.
struct WinogradF43 {
  static constexpr int m = 4;
  static constexpr int points = 6;

  template <class V>
  [[gnu::always_inline]] static void input(const typename V::reg (&d)[6],
                                           typename V::reg (&t)[6]) noexcept {
    const auto two = V::set(2.0f), four = V::set(4.0f), five = V::set(5.0f);
    const auto a = V::mac(V::set(-4.0f), d[2], d[4]);
    const auto b = V::mac(V::set(-4.0f), d[1], d[3]);
    const auto c = V::sub(d[4], d[2]);
    const auto e = V::mul(two, V::sub(d[3], d[1]));
    t[0] = V::mac(four, d[0], V::sub(d[4], V::mul(five, d[2])));
    t[1] = V::add(a, b);
    t[2] = V::sub(a, b);
    t[3] = V::add(c, e);
    t[4] = V::sub(c, e);
    t[5] = V::mac(four, d[1], V::sub(d[5], V::mul(five, d[3])));
  }

  template <class V>
  [[gnu::always_inline]] static void output(const typename V::reg (&p)[6],
                                            typename V::reg (&y)[4]) noexcept {
    const auto s1 = V::add(p[1], p[2]), d1 = V::sub(p[1], p[2]);
    const auto s2 = V::add(p[3], p[4]), d2 = V::sub(p[3], p[4]);
    y[0] = V::add(V::add(p[0], s1), s2);
    y[1] = V::mac(V::set(2.0f), d2, d1);
    y[2] = V::mac(V::set(4.0f), s2, s1);
    y[3] = V::mac(V::set(8.0f), d2, V::add(d1, p[5]));
  }

  template <class V>
  [[gnu::always_inline]] static void kernel(const typename V::reg (&g)[3],
                                            typename V::reg (&u)[6]) noexcept {
    const auto sixth = V::set(1.0f / 6), twelfth = V::set(1.0f / 12);
    const auto even = V::mul(sixth, V::add(g[0], g[2])), odd = V::mul(sixth, g[1]);
    const auto far = V::mac(sixth, g[2], V::mul(V::set(1.0f / 24), g[0]));
    const auto half = V::mul(twelfth, g[1]);
    u[0] = V::mul(V::set(0.25f), g[0]);
    u[1] = V::sub(V::zero(), V::add(even, odd));
    u[2] = V::sub(odd, even);
    u[3] = V::add(far, half);
    u[4] = V::sub(far, half);
    u[5] = g[2];
  }

  template <class V>
  [[gnu::always_inline]] static void gradient(const typename V::reg (&dy)[4],
                                              typename V::reg (&w)[6]) noexcept {
    const auto four = V::set(4.0f);
    const auto e1 = V::add(dy[0], dy[2]), o1 = V::add(dy[1], dy[3]);
    const auto e2 = V::mac(four, dy[2], dy[0]);
    const auto o2 = V::mul(V::set(2.0f), V::mac(four, dy[3], dy[1]));
    w[0] = dy[0];
    w[1] = V::add(e1, o1);
    w[2] = V::sub(e1, o1);
    w[3] = V::add(e2, o2);
    w[4] = V::sub(e2, o2);
    w[5] = dy[3];
  }

  template <class V>
  [[gnu::always_inline]] static void kernel_gradient(const typename V::reg (&u)[6],
                                                     typename V::reg (&g)[3]) noexcept {
    const auto sixth = V::set(1.0f / 6);
    const auto s1 = V::add(u[1], u[2]), d1 = V::sub(u[2], u[1]);
    const auto s2 = V::add(u[3], u[4]), d2 = V::sub(u[3], u[4]);
    const auto far = V::sub(s2, s1);
    g[0] = V::mac(V::set(0.25f), u[0], V::sub(V::mul(V::set(1.0f / 24), s2), V::mul(sixth, s1)));
    g[1] = V::mac(V::set(1.0f / 12), d2, V::mul(sixth, d1));
    g[2] = V::mac(sixth, far, u[5]);
  }
};

// Points 0, 1, -1, infinity. 2-D: 16 products for 4 outputs of 9 taps, 2.25 times fewer. As exact
// as the direct form.
struct WinogradF23 {
  static constexpr int m = 2;
  static constexpr int points = 4;

  template <class V>
  [[gnu::always_inline]] static void input(const typename V::reg (&d)[4],
                                           typename V::reg (&t)[4]) noexcept {
    t[0] = V::sub(d[0], d[2]);
    t[1] = V::add(d[1], d[2]);
    t[2] = V::sub(d[2], d[1]);
    t[3] = V::sub(d[3], d[1]);
  }

  template <class V>
  [[gnu::always_inline]] static void output(const typename V::reg (&p)[4],
                                            typename V::reg (&y)[2]) noexcept {
    y[0] = V::add(p[0], V::add(p[1], p[2]));
    y[1] = V::add(V::sub(p[1], p[2]), p[3]);
  }

  template <class V>
  [[gnu::always_inline]] static void kernel(const typename V::reg (&g)[3],
                                            typename V::reg (&u)[4]) noexcept {
    const auto half = V::set(0.5f);
    const auto even = V::mul(half, V::add(g[0], g[2])), odd = V::mul(half, g[1]);
    u[0] = g[0];
    u[1] = V::add(even, odd);
    u[2] = V::sub(even, odd);
    u[3] = g[2];
  }

  template <class V>
  [[gnu::always_inline]] static void gradient(const typename V::reg (&dy)[2],
                                              typename V::reg (&w)[4]) noexcept {
    w[0] = dy[0];
    w[1] = V::add(dy[0], dy[1]);
    w[2] = V::sub(dy[0], dy[1]);
    w[3] = dy[1];
  }

  template <class V>
  [[gnu::always_inline]] static void kernel_gradient(const typename V::reg (&u)[4],
                                                     typename V::reg (&g)[3]) noexcept {
    const auto half = V::set(0.5f);
    const auto sum = V::mul(half, V::add(u[1], u[2]));
    g[0] = V::add(u[0], sum);
    g[1] = V::mul(half, V::sub(u[1], u[2]));
    g[2] = V::add(sum, u[3]);
  }
};

}  // namespace
}  // namespace burin::kernels
